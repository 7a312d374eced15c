import { endpointFactory } from '../../../plugin-api/endpoint.ts';
import type { E2eeDeps } from '../deps.ts';
import { BODY_BYTES_MAX } from '../limits.ts';
import { uploadSignatures } from '../upload-signatures.ts';

/** @see https://spec.matrix.org/v1.19/client-server-api/#post_matrixclientv3keyssignaturesupload */
export const signaturesUpload = endpointFactory<E2eeDeps>()({
  method: 'POST',
  path: '/_matrix/client/v3/keys/signatures/upload',
  aliases: ['/_matrix/client/unstable/keys/signatures/upload'],
  auth: 'user',
  body: 'json',
  bodyLimit: BODY_BYTES_MAX,
  whileSuspended: true,
  async handler({ deps, requester, body }) {
    return { failures: await uploadSignatures(deps, requester.userId, body) };
  },
});
