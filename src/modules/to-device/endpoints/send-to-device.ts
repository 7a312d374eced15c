import { Type } from 'typebox';
import { MatrixError } from '../../../core/errors/matrix-error.ts';
import { fitsBytes, ID_BYTES_MAX } from '../../../core/ids/id-length.ts';
import { isOpaque } from '../../../core/ids/sigil-id.ts';
import { isJsonObject } from '../../../core/json/json-value.ts';
import { endpointFactory } from '../../../plugin-api/endpoint.ts';
import { BODY_BYTES_MAX } from '../limits.ts';
import { type SendDeps, sendMessages } from '../send-messages.ts';

/** @see https://spec.matrix.org/v1.19/client-server-api/#put_matrixclientv3sendtodeviceeventtypetxnid */
export const sendToDevice = endpointFactory<SendDeps>()({
  method: 'PUT',
  path: '/_matrix/client/v3/sendToDevice/:eventType/:txnId',
  auth: 'guest',
  body: Type.Object({ messages: Type.Object({}) }),
  bodyLimit: BODY_BYTES_MAX,
  // Suspended users may still verify their devices, which goes through these messages.
  whileSuspended: true,
  async handler({ deps, requester, params, body }) {
    const { eventType, txnId } = params;
    for (const text of [eventType, txnId]) {
      if (!isOpaque(text) || !fitsBytes(text, ID_BYTES_MAX))
        throw new MatrixError('M_INVALID_PARAM', 'Event type and transaction id have at most 255 bytes and no NUL');
    }
    await sendMessages(deps, {
      txn: { userId: requester.userId, scope: requester.deviceId ?? `token:${requester.tokenId}`, eventType, txnId },
      sender: requester.userId,
      type: eventType,
      messages: isJsonObject(body.messages) ? body.messages : {},
    });
    return {};
  },
});
