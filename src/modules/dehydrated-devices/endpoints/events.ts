import { Type } from 'typebox';
import { MatrixError } from '../../../core/errors/matrix-error.ts';
import type { UserId } from '../../../core/ids/brands.ts';
import { endpointFactory, type HttpReply, reply } from '../../../plugin-api/endpoint.ts';
import { type DehydratedDeps, PREFIX } from '../deps.ts';
import { EVENTS_PER_ANSWER_MAX } from '../limits.ts';
import { readDehydrated } from '../store.ts';

const defineEndpoint = endpointFactory<DehydratedDeps>();
const path = `${PREFIX}/:deviceId/events` as const;

/**
 * Messages that wait for the dehydrated device. Nothing is deleted: if the client that rehydrates goes away, another one can start again.
 * This form always gives a token, and ends with an empty list.
 */
export const postDehydratedEvents = defineEndpoint({
  method: 'POST',
  path,
  auth: 'user',
  body: Type.Object({ next_batch: Type.Optional(Type.String()) }),
  bodyOptional: true,
  handler: ({ deps, requester, params, body }) =>
    readEvents(deps, { userId: requester.userId, deviceId: params.deviceId, from: body.next_batch ?? null, endsWithoutToken: false }),
});

/** The form that newer clients call: the last part comes without a token. */
export const getDehydratedEvents = defineEndpoint({
  method: 'GET',
  path,
  auth: 'user',
  handler: ({ deps, requester, params, query }) =>
    readEvents(deps, { userId: requester.userId, deviceId: params.deviceId, from: query.get('from'), endsWithoutToken: true }),
});

async function readEvents(
  deps: DehydratedDeps,
  request: { userId: UserId; deviceId: string; from: string | null; endsWithoutToken: boolean },
): Promise<HttpReply> {
  const device = await readDehydrated(deps.db, request.userId);
  if (device?.deviceId !== request.deviceId) throw new MatrixError('M_FORBIDDEN', "Not the user's dehydrated device");
  const { events, to, more } = await deps.toDeviceQueue().read({
    userId: request.userId,
    deviceId: device.deviceId,
    after: request.from === null ? 0 : parseToken(request.from),
    limit: EVENTS_PER_ANSWER_MAX,
  });
  const token = request.endsWithoutToken && !more ? '' : `,"next_batch":${JSON.stringify(`d${to}`)}`;
  return reply({ status: 200, body: `{"events":[${events.join()}]${token}}` });
}

function parseToken(raw: string): number {
  const match = /^d(\d{1,15})$/.exec(raw);
  if (match === null) throw new MatrixError('M_INVALID_PARAM', 'Not a token of this endpoint');
  return Number(match[1]);
}
