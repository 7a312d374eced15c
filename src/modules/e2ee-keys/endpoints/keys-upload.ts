import { MatrixError } from '../../../core/errors/matrix-error.ts';
import { endpointFactory } from '../../../plugin-api/endpoint.ts';
import type { E2eeDeps } from '../deps.ts';
import { BODY_BYTES_MAX } from '../limits.ts';
import { uploadKeys } from '../upload-keys.ts';

/** @see https://spec.matrix.org/v1.19/client-server-api/#post_matrixclientv3keysupload */
export const keysUpload = endpointFactory<E2eeDeps>()({
  method: 'POST',
  path: '/_matrix/client/v3/keys/upload',
  auth: 'guest',
  body: 'json',
  bodyLimit: BODY_BYTES_MAX,
  whileSuspended: true,
  async handler({ deps, requester, body }) {
    const { userId, deviceId } = requester;
    if (deviceId === null) throw new MatrixError('M_MISSING_PARAM', 'This access token belongs to no device');
    await uploadKeys(deps, { userId, deviceId }, body);
    return { one_time_key_counts: { ...(await deps.counts.get(userId, deviceId)).oneTime } };
  },
});
