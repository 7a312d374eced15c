import { Type } from 'typebox';
import { endpointFactory } from '../../../plugin-api/endpoint.ts';
import { claimLocalKeys } from '../claim-keys.ts';
import type { E2eeDeps } from '../deps.ts';
import { parseClaims } from '../requested-keys.ts';

/** @see https://spec.matrix.org/v1.19/server-server-api/#post_matrixfederationv1userkeysclaim */
export const federationKeysClaim = endpointFactory<E2eeDeps>()({
  method: 'POST',
  path: '/_matrix/federation/v1/user/keys/claim',
  auth: 'server',
  body: Type.Object({ one_time_keys: Type.Object({}) }),
  async handler({ deps, body }) {
    const { local } = parseClaims(deps.users, body.one_time_keys);
    return { one_time_keys: await claimLocalKeys(deps, local) };
  },
});
