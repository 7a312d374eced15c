import { MatrixError } from '../../core/errors/matrix-error.ts';
import type { RoomAlias, RoomId, ServerName, UserId } from '../../core/ids/brands.ts';
import { serverNameOf } from '../../core/ids/user-id.ts';
import type { JsonObject } from '../../core/json/json-value.ts';
import type { Clock } from '../../platform/clock.ts';
import type { Logger } from '../../platform/logger.ts';
import type { AliasPort } from '../../plugin-api/ports.ts';
import type { DirectorySql } from '../../storage/rooms/directory-sql.ts';
import { maySendState } from './room-power.ts';
import type { RoomsService } from './rooms-service.ts';

/** Servers named as ways into a room. */
const SERVERS_MAX = 50;

/** Who asks for a change. */
export interface AliasActor {
  readonly userId: UserId;
  readonly isAdmin: boolean;
}

/** Aliases of this server. https://spec.matrix.org/v1.19/client-server-api/#room-aliases */
export class RoomAliases implements AliasPort {
  readonly #directory: DirectorySql;
  readonly #rooms: RoomsService;
  readonly #serverName: ServerName;
  readonly #clock: Clock;
  readonly #log: Logger;

  constructor(deps: { directory: DirectorySql; rooms: RoomsService; serverName: ServerName; clock: Clock; log: Logger }) {
    this.#directory = deps.directory;
    this.#rooms = deps.rooms;
    this.#serverName = deps.serverName;
    this.#clock = deps.clock;
    this.#log = deps.log;
  }

  async resolve(alias: RoomAlias): Promise<{ roomId: RoomId; servers: ServerName[] } | null> {
    const row = await this.#directory.alias(alias);
    return row === null ? null : { roomId: row.roomId, servers: await this.#serversIn(row.roomId) };
  }

  isLocal(alias: RoomAlias): boolean {
    return alias.slice(alias.indexOf(':') + 1) === this.#serverName;
  }

  /**
   * Members of a room may point aliases to it.
   *
   * @throws MatrixError `M_INVALID_PARAM`, `M_FORBIDDEN`; `M_UNKNOWN` with status 409 for an alias that is taken
   */
  async add({ alias, roomId, by }: { alias: RoomAlias; roomId: RoomId; by: AliasActor }): Promise<void> {
    if (!this.isLocal(alias)) throw new MatrixError('M_INVALID_PARAM', 'The alias belongs to another server');
    if (!by.isAdmin && (await this.#rooms.membership(roomId, by.userId)) !== 'join') {
      throw new MatrixError('M_FORBIDDEN', 'You are not in this room');
    }
    if ((await this.#rooms.info(roomId)) === null) throw new MatrixError('M_NOT_FOUND', 'Unknown room');
    if (!(await this.#directory.addAlias({ alias, roomId, creator: by.userId, createdTs: this.#clock.now() }))) {
      throw new MatrixError('M_UNKNOWN', `${alias} exists already`, { status: 409 });
    }
  }

  /**
   * Whoever made an alias may take it away, and so may those who decide about the room's canonical alias.
   *
   * @throws MatrixError `M_NOT_FOUND`, `M_FORBIDDEN`
   */
  async remove({ alias, by }: { alias: RoomAlias; by: AliasActor }): Promise<void> {
    const row = await this.#directory.alias(alias);
    if (row === null) throw new MatrixError('M_NOT_FOUND', `There is no alias ${alias}`);
    const decides = await this.mayManage(row.roomId, by);
    if (row.creator !== by.userId && !decides) throw new MatrixError('M_FORBIDDEN', 'You may not remove this alias');
    await this.#directory.deleteAlias(alias);
    await this.#withdraw(row.roomId, [alias], by.userId);
  }

  /** Whether somebody decides how the room is found: they could set its canonical alias. */
  async mayManage(roomId: RoomId, by: AliasActor): Promise<boolean> {
    if (by.isAdmin) return true;
    if ((await this.#rooms.membership(roomId, by.userId)) !== 'join') return false;
    return maySendState(await this.#rooms.power(roomId), by.userId, 'm.room.canonical_alias');
  }

  /** Takes aliases out of the room's canonical alias event as far as the user may; the aliases themselves are gone in any case. */
  async #withdraw(roomId: RoomId, gone: readonly RoomAlias[], by: UserId): Promise<void> {
    const current = await this.#rooms.stateEvent(roomId, 'm.room.canonical_alias', '');
    const content = current === null ? null : withoutAliases(this.#rooms.content(current), gone);
    if (content === null) return;
    try {
      await this.#rooms.send({ roomId, sender: by, type: 'm.room.canonical_alias', stateKey: '', content });
    } catch (error) {
      if (!(error instanceof MatrixError)) throw error;
      this.#log.info({ err: error, roomId, userId: by }, 'a removed alias still stands in the canonical alias event');
    }
  }

  /** Servers with the most joined members first; this one is always among them. */
  async #serversIn(roomId: RoomId): Promise<ServerName[]> {
    const counts = new Map<ServerName, number>([[this.#serverName, 0]]);
    for (const userId of await this.#rooms.joinedMembers(roomId)) {
      const server = serverNameOf(userId);
      counts.set(server, (counts.get(server) ?? 0) + 1);
    }
    const others = [...counts].filter(([server]) => server !== this.#serverName).sort(([, a], [, b]) => b - a);
    return [this.#serverName, ...others.map(([server]) => server)].slice(0, SERVERS_MAX);
  }
}

/** The content without some aliases; null when none of them is in it. */
export function withoutAliases(content: JsonObject, gone: readonly RoomAlias[]): JsonObject | null {
  const { alias, alt_aliases: alt, ...rest } = content;
  const isGone = (value: unknown): boolean => gone.some((other) => other === value);
  const list = Array.isArray(alt) ? alt : [];
  if (!isGone(alias) && !list.some(isGone)) return null;
  return {
    ...rest,
    ...(alias === undefined || isGone(alias) ? {} : { alias }),
    ...(alt === undefined ? {} : { alt_aliases: list.filter((value) => !isGone(value)) }),
  };
}
