import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import type { DeviceId, UserId } from '../../src/core/ids/brands.ts';
import type { JsonObject } from '../../src/core/json/json-value.ts';
import keyBackup from '../../src/modules/key-backup/index.ts';
import { SESSION_DATA_BYTES_MAX } from '../../src/modules/key-backup/limits.ts';
import type { Method } from '../../src/plugin-api/endpoint.ts';
import { type TestDatabase, testDatabase } from '../support/database.ts';
import { type Answer, type Caller, type ModuleHost, moduleHost } from '../support/module-host.ts';

let database: TestDatabase;
let host: ModuleHost;
let alice: Caller;
let n = 0;

beforeAll(async () => {
  database = await testDatabase();
  host = await moduleHost({ database, plugins: [keyBackup] });
});
afterAll(async () => {
  await host[Symbol.asyncDispose]();
  await database[Symbol.asyncDispose]();
});
beforeEach(() => {
  alice = { userId: `@alice${++n}:weft.test` as UserId, deviceId: 'A' as DeviceId };
});

const ROOM = '!room:weft.test';
const ALGORITHM = 'm.megolm_backup.v1.curve25519-aes-sha2';
const at = (path: string): string => `/_matrix/client/v3/room_keys/${path}`;
const call = (method: Method, path: string, body?: JsonObject, as = alice): Promise<Answer> =>
  host.request({ method, path: at(path), as, ...(body === undefined ? {} : { body }) });
const create = async (): Promise<string> =>
  (await call('POST', 'version', { algorithm: ALGORITHM, auth_data: { public_key: 'k' } })).body['version'] as string;
const key = (change: JsonObject = {}): JsonObject => ({
  first_message_index: 5,
  forwarded_count: 3,
  is_verified: false,
  session_data: { ciphertext: 'c' },
  ...change,
});
const one = (session = 's1', room = ROOM): string => `keys/${encodeURIComponent(room)}/${encodeURIComponent(session)}`;
const errcode = (answer: Answer) => [answer.status, answer.body['errcode']];

describe('versions', () => {
  test('each new backup has a new number and is the current one, also after deletions', async () => {
    expect(errcode(await call('GET', 'version'))).toEqual([404, 'M_NOT_FOUND']);
    const first = await create();
    const second = await create();
    expect((await call('GET', 'version')).body).toEqual({
      version: second,
      algorithm: ALGORITHM,
      auth_data: { public_key: 'k' },
      etag: '0',
      count: 0,
    });
    expect((await call('DELETE', `version/${second}`)).status).toBe(200);
    expect((await call('GET', 'version')).body).toMatchObject({ version: first });
    expect([first, second]).not.toContain(await create());
  });

  test('numbers differ when backups are made at the same time', async () => {
    expect(new Set(await Promise.all(Array.from({ length: 10 }, create))).size).toBe(10);
  });

  test('auth data can be changed, algorithm and version cannot', async () => {
    const version = await create();
    const put = (body: JsonObject, to = version) => call('PUT', `version/${to}`, body);
    expect(await put({ algorithm: ALGORITHM, auth_data: { public_key: 'new' }, version })).toEqual({ status: 200, body: {} });
    expect((await call('GET', `version/${version}`)).body).toMatchObject({ auth_data: { public_key: 'new' } });
    expect(errcode(await put({ algorithm: 'other', auth_data: {} }))).toEqual([400, 'M_INVALID_PARAM']);
    expect(errcode(await put({ algorithm: ALGORITHM, auth_data: {}, version: '99' }))).toEqual([400, 'M_INVALID_PARAM']);
    expect(errcode(await put({ algorithm: ALGORITHM, auth_data: {} }, '99'))).toEqual([404, 'M_NOT_FOUND']);
    expect(errcode(await call('GET', 'version/nonsense'))).toEqual([404, 'M_NOT_FOUND']);
  });

  test('deleting twice succeeds, deleting what never was does not; the keys are gone', async () => {
    const version = await create();
    await call('PUT', `${one()}?version=${version}`, key());
    expect((await call('DELETE', `version/${version}`)).status).toBe(200);
    expect((await call('DELETE', `version/${version}`)).status).toBe(200);
    expect(errcode(await call('DELETE', 'version/77'))).toEqual([404, 'M_NOT_FOUND']);
    expect(errcode(await call('GET', `version/${version}`))).toEqual([404, 'M_NOT_FOUND']);
    expect(errcode(await call('GET', `keys?version=${version}`))).toEqual([404, 'M_NOT_FOUND']);
    expect(await database.sql`select 1 from key_backup_session where user_id = ${alice.userId}`).toHaveLength(0);
  });
});

describe('keys', () => {
  test('are stored and fetched one by one, by room and all together', async () => {
    const version = await create();
    const q = `?version=${version}`;
    expect((await call('PUT', one('s1') + q, key())).body).toEqual({ etag: '1', count: 1 });
    expect((await call('PUT', `keys/${encodeURIComponent(ROOM)}${q}`, { sessions: { 's/2': key(), s3: key() } })).body).toEqual({
      etag: '2',
      count: 3,
    });
    const other = '!other';
    expect(
      (await call('PUT', `keys${q}`, { rooms: { [ROOM]: { sessions: { s4: key() } }, [other]: { sessions: { s1: key() } } } })).body,
    ).toEqual({
      etag: '3',
      count: 5,
    });
    expect((await call('GET', one('s/2') + q)).body).toEqual(key());
    expect((await call('GET', `keys/${encodeURIComponent(ROOM)}${q}`)).body).toEqual({
      sessions: { s1: key(), 's/2': key(), s3: key(), s4: key() },
    });
    expect((await call('GET', `keys${q}`)).body).toEqual({
      rooms: { [ROOM]: { sessions: { s1: key(), 's/2': key(), s3: key(), s4: key() } }, [other]: { sessions: { s1: key() } } },
    });
    expect((await call('GET', `version/${version}`)).body).toMatchObject({ etag: '3', count: 5 });
  });

  test('what is not there: one key is an error, a room or everything is empty', async () => {
    const version = await create();
    expect(errcode(await call('GET', `${one()}?version=${version}`))).toEqual([404, 'M_NOT_FOUND']);
    expect((await call('GET', `keys/${encodeURIComponent(ROOM)}?version=${version}`)).body).toEqual({ sessions: {} });
    expect((await call('GET', `keys?version=${version}`)).body).toEqual({ rooms: {} });
    expect(errcode(await call('GET', 'keys?version=99'))).toEqual([404, 'M_NOT_FOUND']);
    expect(errcode(await call('GET', 'keys'))).toEqual([400, 'M_MISSING_PARAM']);
  });

  test.each([
    ['verified replaces unverified, whatever the indexes', key(), key({ is_verified: true, first_message_index: 9 }), true],
    ['unverified does not replace verified', key({ is_verified: true }), key({ first_message_index: 0 }), false],
    ['a lower first message index replaces', key(), key({ first_message_index: 4, forwarded_count: 9 }), true],
    ['a higher first message index does not', key(), key({ first_message_index: 6, forwarded_count: 0 }), false],
    ['a lower forwarded count replaces', key(), key({ forwarded_count: 2 }), true],
    ['a higher forwarded count does not', key(), key({ forwarded_count: 4 }), false],
    ['an equal key does not', key(), key({ session_data: { ciphertext: 'other' } }), false],
  ])('%s, and the etag tells', async (_what, before, after, replaces) => {
    const version = await create();
    await call('PUT', `${one()}?version=${version}`, before);
    const answer = await call('PUT', `${one()}?version=${version}`, after);
    expect(answer.body).toEqual({ etag: replaces ? '2' : '1', count: 1 });
    expect((await call('GET', `${one()}?version=${version}`)).body).toEqual(replaces ? after : before);
  });

  test('only the current backup takes keys; older ones can be read and emptied', async () => {
    const old = await create();
    await call('PUT', `${one()}?version=${old}`, key());
    const current = await create();
    const refused = await call('PUT', `${one('s2')}?version=${old}`, key());
    expect(refused).toMatchObject({ status: 403, body: { errcode: 'M_WRONG_ROOM_KEYS_VERSION', current_version: current } });
    expect(errcode(await call('PUT', `${one()}?version=nonsense`, key()))).toEqual([403, 'M_WRONG_ROOM_KEYS_VERSION']);
    expect((await call('GET', `${one()}?version=${old}`)).body).toEqual(key());
    expect((await call('DELETE', `keys?version=${old}`)).body).toEqual({ etag: '2', count: 0 });
  });

  test('without any backup there is nothing to store in', async () => {
    expect(errcode(await call('PUT', `${one()}?version=1`, key()))).toEqual([404, 'M_NOT_FOUND']);
  });

  test('deletions count down and change the etag, unless nothing was there', async () => {
    const version = await create();
    const q = `?version=${version}`;
    await call('PUT', `keys${q}`, { rooms: { [ROOM]: { sessions: { a: key(), b: key(), c: key() } }, '!o': { sessions: { a: key() } } } });
    expect((await call('DELETE', one('a') + q)).body).toEqual({ etag: '2', count: 3 });
    expect((await call('DELETE', one('a') + q)).body).toEqual({ etag: '2', count: 3 });
    expect((await call('DELETE', `keys/${encodeURIComponent(ROOM)}${q}`)).body).toEqual({ etag: '3', count: 1 });
    expect((await call('DELETE', `keys${q}`)).body).toEqual({ etag: '4', count: 0 });
    expect(errcode(await call('DELETE', 'keys?version=99'))).toEqual([404, 'M_NOT_FOUND']);
  });

  test('uploads at the same time are all counted', async () => {
    const version = await create();
    await Promise.all(Array.from({ length: 20 }, (_, i) => call('PUT', `${one(`s${i % 10}`)}?version=${version}`, key())));
    expect((await call('GET', 'version')).body).toMatchObject({ count: 10, etag: '10' });
  });

  test('a thousand keys are a handful of statements', async () => {
    const version = await create();
    const sessions = Object.fromEntries(Array.from({ length: 1_000 }, (_, i) => [`s${i}`, key()]));
    const before = host.statements;
    expect((await call('PUT', `keys?version=${version}`, { rooms: { [ROOM]: { sessions } } })).body).toEqual({ etag: '1', count: 1_000 });
    expect(host.statements - before).toBeLessThan(10);
  });

  test.each([
    ['no session data', { session_data: 'text' }, 'M_BAD_JSON'],
    ['a negative index', { first_message_index: -1 }, 'M_BAD_JSON'],
    ['an index that is no integer', { forwarded_count: 1.5 }, 'M_BAD_JSON'],
    ['no verification mark', { is_verified: 'yes' }, 'M_BAD_JSON'],
    ['too much session data', { session_data: { ciphertext: 'x'.repeat(SESSION_DATA_BYTES_MAX) } }, 'M_TOO_LARGE'],
  ])('a key with %s is refused', async (_what, change, code) => {
    const version = await create();
    expect((await call('PUT', `${one()}?version=${version}`, key(change))).body).toMatchObject({ errcode: code });
    expect((await call('GET', 'version')).body).toMatchObject({ count: 0 });
  });

  test("other users' backups are out of reach", async () => {
    const version = await create();
    await call('PUT', `${one()}?version=${version}`, key());
    const eve: Caller = { userId: `@eve${n}:weft.test` as UserId, deviceId: 'E' as DeviceId };
    expect(errcode(await call('GET', `${one()}?version=${version}`, undefined, eve))).toEqual([404, 'M_NOT_FOUND']);
    expect(errcode(await call('DELETE', `version/${version}`, undefined, eve))).toEqual([404, 'M_NOT_FOUND']);
  });

  test('a deactivated account leaves nothing behind', async () => {
    const version = await create();
    await call('PUT', `${one()}?version=${version}`, key());
    await host.emit('userDeactivated', { userId: alice.userId, erase: false });
    expect(errcode(await call('GET', 'version'))).toEqual([404, 'M_NOT_FOUND']);
    expect(await database.sql`select 1 from key_backup_session where user_id = ${alice.userId}`).toHaveLength(0);
  });
});
