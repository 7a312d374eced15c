import { Type } from 'typebox';
import { endpointFactory } from '../../../plugin-api/endpoint.ts';
import type { E2eeDeps } from '../deps.ts';
import { queryLocalKeys } from '../query-keys.ts';
import { parseWantedDevices } from '../requested-keys.ts';

/** @see https://spec.matrix.org/v1.19/server-server-api/#post_matrixfederationv1userkeysquery */
export const federationKeysQuery = endpointFactory<E2eeDeps>()({
  method: 'POST',
  path: '/_matrix/federation/v1/user/keys/query',
  auth: 'server',
  body: Type.Object({ device_keys: Type.Object({}) }),
  async handler({ deps, body }) {
    const { local } = parseWantedDevices(deps.users, body.device_keys);
    const { device_keys, master_keys, self_signing_keys } = await queryLocalKeys(deps, local, null);
    return { device_keys, master_keys, self_signing_keys };
  },
});
