import { isJsonObject } from '../../../core/json/json-value.ts';
import { endpointFactory } from '../../../plugin-api/endpoint.ts';
import type { E2eeDeps } from '../deps.ts';
import { uploadCrossSigning } from '../upload-cross-signing.ts';

/** @see https://spec.matrix.org/v1.19/client-server-api/#post_matrixclientv3keysdevice_signingupload */
export const deviceSigningUpload = endpointFactory<E2eeDeps>()({
  method: 'POST',
  path: '/_matrix/client/v3/keys/device_signing/upload',
  aliases: ['/_matrix/client/unstable/keys/device_signing/upload'],
  auth: 'user',
  body: 'json',
  whileSuspended: true,
  async handler({ deps, requester, body, request }) {
    const { userId, deviceId } = requester;
    await uploadCrossSigning(deps, userId, body, async () => {
      // Application services vouch for their users themselves.
      if (requester.appserviceId !== null) return;
      const auth = isJsonObject(body['auth']) ? body['auth'] : undefined;
      await deps.uia.require({ userId, deviceId, auth, action: 'upload cross-signing keys', ip: request.ip });
    });
    return {};
  },
});
