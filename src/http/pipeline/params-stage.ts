import { MatrixError } from '../../core/errors/matrix-error.ts';
import { parseDeviceId } from '../../core/ids/device-id.ts';
import { parseEventId } from '../../core/ids/event-id.ts';
import { parseRoomAlias } from '../../core/ids/room-alias.ts';
import { parseRoomId } from '../../core/ids/room-id.ts';
import { parseServerName } from '../../core/ids/server-name.ts';
import { parseUserId } from '../../core/ids/user-id.ts';
import type { Exchange, Stage } from './exchange.ts';

const PARSERS: { readonly [name: string]: (raw: string) => string | null } = {
  roomId: parseRoomId,
  userId: parseUserId,
  eventId: parseEventId,
  roomAlias: parseRoomAlias,
  serverName: parseServerName,
  deviceId: parseDeviceId,
};

/** Checks path parameters with well-known names; null where the path has none of them. */
export function paramsStage(path: string): Stage | null {
  const names = [...path.matchAll(/:([A-Za-z]+)/g)].map((match) => match[1] ?? '');
  const checks = names.flatMap((name) => {
    const parse = PARSERS[name];
    return parse === undefined ? [] : [{ name, parse }];
  });
  if (checks.length === 0) return null;
  return (exchange: Exchange) => {
    for (const { name, parse } of checks) {
      if (parse(exchange.params[name] ?? '') === null) throw new MatrixError('M_INVALID_PARAM', `${name} in the path is malformed`);
    }
  };
}
