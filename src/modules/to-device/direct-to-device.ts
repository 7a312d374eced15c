import type { ServerName } from '../../core/ids/brands.ts';
import { fitsBytes, ID_BYTES_MAX } from '../../core/ids/id-length.ts';
import { isOpaque } from '../../core/ids/sigil-id.ts';
import { parseUserId, serverNameOf } from '../../core/ids/user-id.ts';
import { isJsonObject, type JsonObject } from '../../core/json/json-value.ts';
import { MatrixError } from '../../core/errors/matrix-error.ts';
import { MESSAGE_ID_CHARS_MAX } from './limits.ts';
import { type SendDeps, sendMessages } from './send-messages.ts';

/**
 * Messages from another server's user. A message id that the sender has used before is skipped. EDUs have no answer of their own, so a
 * malformed one is dropped; only a failure to store is thrown, and makes the sending server try again.
 *
 * @see https://spec.matrix.org/v1.19/server-server-api/#send-to-device-messaging
 */
export async function receiveDirectToDevice(deps: SendDeps, content: JsonObject, origin: ServerName): Promise<void> {
  const sender = parseUserId(content['sender']);
  const { type, message_id: messageId, messages } = content;
  if (sender === null || serverNameOf(sender) !== origin) return;
  if (!isText(type) || !isText(messageId) || messageId.length > MESSAGE_ID_CHARS_MAX || !isJsonObject(messages)) return;

  const local = Object.entries(messages).filter(([userId, byDevice]) => {
    const parsed = parseUserId(userId);
    return parsed !== null && deps.users.isLocal(parsed) && isJsonObject(byDevice) && Object.values(byDevice).every(isJsonObject);
  });
  if (local.length === 0) return;
  const txn = { userId: sender, scope: 'edu', eventType: type, txnId: messageId };
  try {
    await sendMessages(deps, { txn, sender, type, messages: Object.fromEntries(local) });
  } catch (error) {
    if (!(error instanceof MatrixError)) throw error;
  }
}

function isText(value: unknown): value is string {
  return typeof value === 'string' && value !== '' && isOpaque(value) && fitsBytes(value, ID_BYTES_MAX);
}
