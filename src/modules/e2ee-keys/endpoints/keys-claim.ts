import { Type } from 'typebox';
import { endpointFactory } from '../../../plugin-api/endpoint.ts';
import { claimLocalKeys } from '../claim-keys.ts';
import type { E2eeDeps } from '../deps.ts';
import { BODY_BYTES_MAX } from '../limits.ts';
import { parseClaims } from '../requested-keys.ts';
import { unreachable } from '../unreachable.ts';

/** @see https://spec.matrix.org/v1.19/client-server-api/#post_matrixclientv3keysclaim */
export const keysClaim = endpointFactory<E2eeDeps>()({
  method: 'POST',
  path: '/_matrix/client/v3/keys/claim',
  auth: 'guest',
  body: Type.Object({ one_time_keys: Type.Object({}) }),
  bodyLimit: BODY_BYTES_MAX,
  whileSuspended: true,
  async handler({ deps, body }) {
    const { local, remote } = parseClaims(deps.users, body.one_time_keys);
    return { one_time_keys: await claimLocalKeys(deps, local), failures: unreachable(remote) };
  },
});
