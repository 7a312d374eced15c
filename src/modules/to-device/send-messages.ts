import { MatrixError } from '../../core/errors/matrix-error.ts';
import { parseUserId, serverNameOf } from '../../core/ids/user-id.ts';
import type { DeviceId, ServerName, UserId } from '../../core/ids/brands.ts';
import { sha256 } from '../../core/crypto/sha256.ts';
import type { JsonObject } from '../../core/json/json-value.ts';
import { isJsonObject } from '../../core/json/json-value.ts';
import type { Clock } from '../../platform/clock.ts';
import type { CommitPort, Database } from '../../plugin-api/commit.ts';
import { write } from '../../plugin-api/commit.ts';
import type { UsersPort } from '../../plugin-api/ports.ts';
import type { KnownQueues } from './known-queues.ts';
import { MESSAGE_BYTES_MAX, RECIPIENTS_MAX } from './limits.ts';
import { isTaken, type ToDeviceMessage, type ToDeviceTxn, toDeviceWriter } from './store.ts';

export interface SendDeps {
  readonly db: Database;
  readonly commits: CommitPort;
  readonly users: UsersPort;
  readonly clock: Clock;
  readonly known: KnownQueues;
}

export interface SendRequest {
  readonly txn: ToDeviceTxn;
  readonly sender: UserId;
  readonly type: string;
  /** User id → device id or `*` → content, as a client or another server sent it. */
  readonly messages: JsonObject;
}

/**
 * Queues messages for devices of this server, in one record of the log that is on disk when this resolves. `*` reaches the devices that
 * exist now; devices that do not exist are skipped. Messages for other servers stand in the record's data for the federation sender.
 *
 * @throws MatrixError `M_TOO_LARGE`, `M_INVALID_PARAM`
 * @see https://spec.matrix.org/v1.19/client-server-api/#put_matrixclientv3sendtodeviceeventtypetxnid
 */
export async function sendMessages(deps: SendDeps, request: SendRequest): Promise<void> {
  const { users, remote } = splitByServer(deps.users, request.messages);
  // The writer refuses a repeated request by itself; the log entry that other servers' copies go by must not be repeated either.
  if (remote.size > 0 && (await isTaken(deps.db, request.txn))) return;

  const perUser = await Promise.all(
    [...users].map(async ([userId, byDevice]) => {
      const devices = await deps.users.devices(userId);
      return messagesForUser({ userId, byDevice, devices: devices.map((device) => device.deviceId), request });
    }),
  );
  const messages = perUser.flat();
  if (messages.length > RECIPIENTS_MAX) throw tooManyRecipients();
  const destinations = Object.fromEntries([...remote].map(([server, byUser]) => [server, directToDevice(request, byUser)]));
  await deps.commits.commit({
    stream: 'to_device',
    durability: 'durable',
    writes: [write(toDeviceWriter, { txn: request.txn, ts: deps.clock.now(), messages })],
    users: [...new Set(messages.map((message) => message.userId))],
    ...(remote.size === 0 ? {} : { data: { edu_type: 'm.direct_to_device', destinations } }),
    bytes: messages.reduce((sum, message) => sum + message.json.length + 100, 200),
    // Marks the record as this node's own: the queues below already know it.
    live: deps.known,
    onCommitted: (pos) => {
      for (const { userId, deviceId } of messages) deps.known.added(userId, deviceId, pos);
    },
  });
}

function splitByServer(
  users: UsersPort,
  messages: JsonObject,
): { users: Map<UserId, JsonObject>; remote: Map<ServerName, { [userId: string]: JsonObject }> } {
  const local = new Map<UserId, JsonObject>();
  const remote = new Map<ServerName, { [userId: string]: JsonObject }>();
  if (Object.keys(messages).length > RECIPIENTS_MAX) throw tooManyRecipients();
  for (const [raw, byDevice] of Object.entries(messages)) {
    const userId = parseUserId(raw);
    if (userId === null || !isJsonObject(byDevice))
      throw new MatrixError('M_INVALID_PARAM', `Not messages for a user: ${raw.slice(0, 255)}`);
    for (const content of Object.values(byDevice)) {
      if (!isJsonObject(content)) throw new MatrixError('M_INVALID_PARAM', `A message for ${userId} is not an object`);
    }
    if (users.isLocal(userId)) {
      local.set(userId, byDevice);
      continue;
    }
    const server = serverNameOf(userId);
    remote.set(server, { ...remote.get(server), [userId]: byDevice });
  }
  return { users: local, remote };
}

function tooManyRecipients(): MatrixError {
  return new MatrixError('M_TOO_LARGE', `More than ${RECIPIENTS_MAX} devices in one request`);
}

/** At most one message for each device that exists; one that is addressed by name goes before the wildcard's. */
function messagesForUser(options: {
  userId: UserId;
  byDevice: JsonObject;
  devices: readonly DeviceId[];
  request: SendRequest;
}): ToDeviceMessage[] {
  const { userId, byDevice, devices, request } = options;
  const texts = new Map<unknown, string>();
  return devices.flatMap((deviceId) => {
    const content = Object.hasOwn(byDevice, deviceId) ? byDevice[deviceId] : byDevice['*'];
    if (content === undefined) return [];
    let json = texts.get(content);
    if (json === undefined) {
      json = JSON.stringify({ content, sender: request.sender, type: request.type });
      if (Buffer.byteLength(json) > MESSAGE_BYTES_MAX)
        throw new MatrixError('M_TOO_LARGE', `A to-device message has at most ${MESSAGE_BYTES_MAX} bytes`);
      texts.set(content, json);
    }
    return [{ userId, deviceId, json }];
  });
}

/**
 * The EDU's content for one server. The message id follows from the transaction, so that a copy sent twice is known as such.
 *
 * @see https://spec.matrix.org/v1.19/server-server-api/#send-to-device-messaging
 */
function directToDevice(request: SendRequest, messages: { [userId: string]: JsonObject }): JsonObject {
  for (const content of Object.values(messages).flatMap((byDevice) => Object.values(byDevice))) {
    if (Buffer.byteLength(JSON.stringify(content)) > MESSAGE_BYTES_MAX)
      throw new MatrixError('M_TOO_LARGE', `A to-device message has at most ${MESSAGE_BYTES_MAX} bytes`);
  }
  const { userId, scope, eventType, txnId } = request.txn;
  const messageId = sha256(JSON.stringify([userId, scope, eventType, txnId]))
    .toString('base64url')
    .slice(0, 32);
  return { sender: request.sender, type: request.type, message_id: messageId, messages };
}
