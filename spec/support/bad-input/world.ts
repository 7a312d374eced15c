import { collectEndpoints } from '../../../src/app/list-endpoints.ts';
import type { BoundEndpoint } from '../../../src/http/bound-endpoint.ts';
import type { JsonObject } from '../../../src/core/json/json-value.ts';
import type { ApiClient } from '../api-client.ts';
import { startServer, type TestServer } from '../server.ts';
import { exampleOf } from './junk-bodies.ts';

/** A small limit, so that too much is soon reached. */
export const BODY_BYTES_MAX = 65_536;

const SECRET = 'shared';

/** A server with somebody's things in it, and the table of what can be asked of it. */
export interface BadInputWorld extends AsyncDisposable {
  readonly server: TestServer;
  /** Endpoints that clients call. Those that other servers call need signed requests and have suites of their own. */
  readonly endpoints: readonly BoundEndpoint[];
  readonly admin: ApiClient;
  /** Has a private room, a filter, account data, a key backup. */
  readonly alice: ApiClient;
  /** Knows all of Alice's identifiers and shares nothing with her. */
  readonly mallory: ApiClient;
  readonly guest: ApiClient;
  /** Values for path parameters: identifiers of things that are Alice's. */
  readonly hers: { readonly [param: string]: string };
  /** Mallory's own room. */
  readonly malloryRoom: string;
}

export async function badInputWorld(): Promise<BadInputWorld> {
  await using cleanUp = new AsyncDisposableStack();
  const server = cleanUp.use(
    await startServer({
      config: { registration: { enabled: true, guests: true, shared_secret: SECRET }, http: { max_body_bytes: BODY_BYTES_MAX } },
    }),
  );
  const endpoints = (await collectEndpoints()).filter(({ spec }) => spec.auth !== 'server');
  const admin = await server.register('admin');
  await server.database.sql`update account set is_admin = true where user_id = ${admin.userId}`;
  const alice = await server.register('alice', { deviceId: 'ALICEPHONE' });
  const mallory = await server.register('mallory');
  const roomId = await alice.createRoom({ name: 'Private', preset: 'private_chat' });
  const eventId = await alice.say(roomId, 'secret');
  const at = `/user/${encodeURIComponent(alice.userId)}`;
  const { filter_id: filterId } = await alice.ok('POST', `${at}/filter`, { room: { timeline: { limit: 3 } } });
  await alice.ok('PUT', `${at}/account_data/org.example.secret`, { secret: true });
  await alice.ok('PUT', `${at}/rooms/${encodeURIComponent(roomId)}/account_data/org.example.secret`, { secret: true });
  const { version } = await alice.ok('POST', '/room_keys/version', {
    algorithm: 'm.megolm_backup.v1.curve25519-aes-sha2',
    auth_data: { public_key: 'abc', signatures: {} },
  });
  const hers = {
    userId: alice.userId,
    roomId,
    roomIdOrAlias: roomId,
    roomAlias: `#secret:${server.serverName}`,
    eventId,
    deviceId: alice.deviceId,
    filterId: String(filterId),
    version: String(version),
    serverName: server.serverName,
    type: 'org.example.secret',
    eventType: 'm.room.topic',
    stateKey: '',
    txnId: 'txn-of-a-stranger',
    receiptType: 'm.read',
    relType: 'm.annotation',
    tag: 'u.work',
    keyName: 'displayname',
    kind: 'override',
    ruleId: '.m.rule.master',
    sessionId: 'session',
    token: 'no-such-token',
    authType: 'm.login.dummy',
  };
  const malloryRoom = await mallory.createRoom();
  const guest = await server.guest();
  const running = cleanUp.move();
  return { server, endpoints, admin, alice, mallory, guest, hers, malloryRoom, [Symbol.asyncDispose]: () => running.disposeAsync() };
}

export function nameOf({ spec }: BoundEndpoint): string {
  return `${spec.method} ${spec.path}`;
}

/** A body that the endpoint would accept, as far as its schema says, or the example that is written down for it. */
export function bodyFor({ spec }: BoundEndpoint): JsonObject | null {
  if (spec.body === undefined || spec.body === 'stream') return null;
  const example = EXAMPLES[`${spec.method} ${spec.path}`];
  return example ?? (spec.body === 'json' ? { key: 'value' } : exampleOf(spec.body));
}

const USER = '@nobody:weft.test';

/** Bodies of endpoints whose schema does not say what they read. */
const EXAMPLES: { readonly [endpoint: string]: JsonObject } = {
  'POST /_matrix/client/v3/login': {
    type: 'm.login.password',
    identifier: { type: 'm.id.user', user: 'nobody', medium: 'email', address: 'a@b', country: 'GB', phone: '1' },
    password: 'wrong',
    user: 'nobody',
    token: 'x',
    device_id: 'D',
    initial_device_display_name: 'n',
    refresh_token: false,
  },
  'PUT /_matrix/client/v3/rooms/:roomId/send/:eventType/:txnId': {
    body: 'x',
    'm.relates_to': { rel_type: 'm.thread', event_id: '$x' },
    n: 1,
  },
  'POST /_matrix/client/v3/user/:userId/filter': {
    event_fields: ['type'],
    event_format: 'client',
    account_data: { limit: 1, types: ['*'], not_types: ['*'], senders: [USER], not_senders: [USER] },
    presence: { limit: 1, types: ['*'] },
    room: {
      rooms: ['!a:b'],
      not_rooms: ['!a:b'],
      include_leave: false,
      timeline: { limit: 1, contains_url: true, lazy_load_members: true, unread_thread_notifications: true, rooms: ['!a:b'] },
      state: { include_redundant_members: true },
      ephemeral: { types: ['m.*'] },
      account_data: { not_types: ['m.*'] },
    },
  },
  'PUT /_matrix/client/v3/profile/:userId/:keyName': { displayname: 'Name' },
  'PUT /_matrix/client/v3/user/:userId/rooms/:roomId/tags/:tag': { order: 0.5 },
  'PUT /_matrix/client/v3/pushrules/global/:kind/:ruleId': {
    actions: ['notify', { set_tweak: 'sound', value: 'default' }],
    conditions: [
      { kind: 'event_match', key: 'content.body', pattern: 'x' },
      { kind: 'room_member_count', is: '2' },
    ],
    pattern: 'x',
  },
  'PUT /_matrix/client/v3/pushrules/global/:kind/:ruleId/enabled': { enabled: false },
  'PUT /_matrix/client/v3/pushrules/global/:kind/:ruleId/actions': { actions: ['notify', { set_tweak: 'sound', value: 'default' }] },
  'POST /_matrix/client/v3/rooms/:roomId/receipt/:receiptType/:eventId': { thread_id: 'main' },
  'POST /_matrix/client/v3/rooms/:roomId/read_markers': { 'm.fully_read': '$x', 'm.read': '$x', 'm.read.private': '$x' },
  'PUT /_matrix/client/v3/presence/:userId/status': { presence: 'online', status_msg: 'x' },
  'PUT /_matrix/client/v3/sendToDevice/:eventType/:txnId': { messages: { [USER]: { '*': { a: 1 } } } },
  'POST /_matrix/client/v3/keys/upload': {
    device_keys: {
      user_id: USER,
      device_id: 'D',
      algorithms: ['m.olm.v1.curve25519-aes-sha2'],
      keys: { 'curve25519:D': 'a', 'ed25519:D': 'b' },
      signatures: { [USER]: { 'ed25519:D': 'c' } },
    },
    one_time_keys: { 'signed_curve25519:AAAAAQ': { key: 'x', signatures: { [USER]: { 'ed25519:D': 'c' } } } },
    fallback_keys: { 'signed_curve25519:AAAAAg': { key: 'x', fallback: true, signatures: { [USER]: { 'ed25519:D': 'c' } } } },
  },
  'POST /_matrix/client/v3/keys/query': { device_keys: { [USER]: ['D'] }, timeout: 10 },
  'POST /_matrix/client/v3/keys/claim': { one_time_keys: { [USER]: { D: 'signed_curve25519' } }, timeout: 10 },
  'POST /_matrix/client/v3/keys/device_signing/upload': {
    master_key: { user_id: USER, usage: ['master'], keys: { 'ed25519:a': 'a' }, signatures: {} },
    self_signing_key: { user_id: USER, usage: ['self_signing'], keys: { 'ed25519:b': 'b' }, signatures: { [USER]: { 'ed25519:a': 'x' } } },
    user_signing_key: { user_id: USER, usage: ['user_signing'], keys: { 'ed25519:c': 'c' }, signatures: { [USER]: { 'ed25519:a': 'x' } } },
    auth: { type: 'm.login.password', identifier: { type: 'm.id.user', user: 'x' }, password: 'x', session: 'x' },
  },
  'POST /_matrix/client/v3/keys/signatures/upload': {
    [USER]: { D: { user_id: USER, device_id: 'D', keys: {}, signatures: { [USER]: { 'ed25519:a': 'x' } } } },
  },
  'PUT /_matrix/client/v3/room_keys/keys': {
    rooms: { '!a:b': { sessions: { s: { first_message_index: 1, forwarded_count: 0, is_verified: false, session_data: { a: 'b' } } } } },
  },
  'PUT /_matrix/client/v3/room_keys/keys/:roomId': {
    sessions: { s: { first_message_index: 1, forwarded_count: 0, is_verified: false, session_data: { a: 'b' } } },
  },
  'PUT /_matrix/client/v3/room_keys/keys/:roomId/:sessionId': {
    first_message_index: 1,
    forwarded_count: 0,
    is_verified: false,
    session_data: { a: 'b' },
  },
  'PUT /_matrix/client/v3/directory/list/room/:roomId': { visibility: 'public' },
  'POST /_matrix/client/v3/rooms/:roomId/upgrade': { new_version: '11' },
  'POST /_matrix/client/v3/createRoom': {
    name: 'n',
    topic: 't',
    preset: 'private_chat',
    visibility: 'private',
    room_alias_name: 'alias',
    room_version: '11',
    invite: [USER],
    invite_3pid: [{ id_server: 'x', id_access_token: 'y', medium: 'email', address: 'z' }],
    is_direct: false,
    creation_content: { type: 'm.space', predecessor: { room_id: '!a:b' } },
    initial_state: [{ type: 'm.room.topic', state_key: '', content: { topic: 't' } }],
    power_level_content_override: { users: { [USER]: 50 }, ban: 50, events: { 'm.room.name': 50 } },
  },
};
