import { Type } from 'typebox';
import { endpointFactory } from '../../../plugin-api/endpoint.ts';
import type { E2eeDeps } from '../deps.ts';
import { BODY_BYTES_MAX } from '../limits.ts';
import { queryLocalKeys } from '../query-keys.ts';
import { parseWantedDevices } from '../requested-keys.ts';
import { unreachable } from '../unreachable.ts';

/** @see https://spec.matrix.org/v1.19/client-server-api/#post_matrixclientv3keysquery */
export const keysQuery = endpointFactory<E2eeDeps>()({
  method: 'POST',
  path: '/_matrix/client/v3/keys/query',
  auth: 'guest',
  body: Type.Object({ device_keys: Type.Object({}) }),
  bodyLimit: BODY_BYTES_MAX,
  whileSuspended: true,
  async handler({ deps, requester, body }) {
    const { local, remote } = parseWantedDevices(deps.users, body.device_keys);
    return { ...(await queryLocalKeys(deps, local, requester.userId)), failures: unreachable(remote) };
  },
});
