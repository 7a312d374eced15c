import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { signJson } from '../../src/core/crypto/sign-json.ts';
import { MatrixError } from '../../src/core/errors/matrix-error.ts';
import type { DeviceId, RoomId, ServerName, UserId } from '../../src/core/ids/brands.ts';
import type { JsonObject } from '../../src/core/json/json-value.ts';
import e2eeKeys from '../../src/modules/e2ee-keys/index.ts';
import { type TestDatabase, testDatabase } from '../support/database.ts';
import { crossSigningOf, deviceKeysOf } from '../support/e2ee-device.ts';
import { type Answer, type Caller, type ModuleHost, moduleHost } from '../support/module-host.ts';

let database: TestDatabase;
let host: ModuleHost;
let uiaRefuses = false;
let n = 0;
let alice: Caller;
let bob: Caller;
const room = () => `!room${n}:weft.test` as RoomId;

beforeAll(async () => {
  database = await testDatabase();
  host = await moduleHost({
    database,
    plugins: [e2eeKeys],
    uia: async () => {
      if (uiaRefuses) throw new MatrixError('M_UNAUTHORIZED', 'authenticate', { extra: { session: 's' } });
    },
  });
});
afterAll(async () => {
  await host[Symbol.asyncDispose]();
  await database[Symbol.asyncDispose]();
});
beforeEach(() => {
  n++;
  uiaRefuses = false;
  alice = { userId: `@alice${n}:weft.test` as UserId, deviceId: 'ALICE' as DeviceId };
  bob = { userId: `@bob${n}:weft.test` as UserId, deviceId: 'BOB' as DeviceId };
  host.users.add(alice.userId, 'ALICE' as DeviceId, "Alice's phone");
  host.users.add(bob.userId, 'BOB' as DeviceId);
});

const post = (path: string, as: Caller, body: JsonObject): Promise<Answer> =>
  host.request({ method: 'POST', path: `/_matrix/client/v3/keys/${path}`, as, body });
const upload = (as: Caller, body: JsonObject) => post('upload', as, body);
const query = async (as: Caller, ...of: Caller[]) =>
  (await post('query', as, { device_keys: Object.fromEntries(of.map((caller) => [caller.userId, []])) })).body as {
    [section: string]: { [userId: string]: JsonObject };
  };
const claim = (as: Caller, of: Caller, algorithm = 'signed_curve25519') =>
  post('claim', as, { one_time_keys: { [of.userId]: { [of.deviceId ?? '']: algorithm } } });
const oneTime = (ids: readonly (string | number)[]): JsonObject =>
  Object.fromEntries(ids.map((id) => [`signed_curve25519:${id}`, { key: `key of ${id}`, signatures: {} }]));
const fallback = (id: string): JsonObject => ({ [`signed_curve25519:${id}`]: { key: `fallback ${id}`, fallback: true, signatures: {} } });
const claimedNames = (answer: Answer, of: Caller): string[] => {
  const users = answer.body['one_time_keys'] as { [userId: string]: { [deviceId: string]: JsonObject } };
  return Object.keys(users[of.userId]?.[of.deviceId ?? ''] ?? {});
};

describe('uploading keys', () => {
  test('what a device publishes is what others get, with its display name', async () => {
    const { json } = deviceKeysOf(alice.userId, 'ALICE');
    const answer = await upload(alice, { device_keys: json, one_time_keys: oneTime([1, 2, 3]) });
    expect(answer).toEqual({ status: 200, body: { one_time_key_counts: { signed_curve25519: 3 } } });
    const keys = await query(bob, alice, bob);
    expect(keys['device_keys']).toEqual({
      [alice.userId]: { ALICE: { ...json, unsigned: { device_display_name: "Alice's phone" } } },
      [bob.userId]: {},
    });
    expect(keys['failures']).toEqual({});
  });

  test.each([
    ['of another user', { user_id: '@mallory:weft.test' }, 'M_INVALID_PARAM'],
    ['of another device', { device_id: 'OTHER' }, 'M_INVALID_PARAM'],
    ['with no list of algorithms', { algorithms: 'olm' }, 'M_BAD_JSON'],
    ['without keys', { keys: undefined }, 'M_BAD_JSON'],
    ['without signatures', { signatures: undefined }, 'M_BAD_JSON'],
  ])('device keys %s are refused', async (_what, change, errcode) => {
    const { json } = deviceKeysOf(alice.userId, 'ALICE');
    expect(await upload(alice, { device_keys: { ...json, ...change } })).toMatchObject({ status: 400, body: { errcode } });
  });

  test('the same one-time key again changes nothing; the same id with another key is refused and nothing of the request is stored', async () => {
    await upload(alice, { one_time_keys: oneTime([1, 2]) });
    expect((await upload(alice, { one_time_keys: oneTime([1, 2]) })).body).toEqual({ one_time_key_counts: { signed_curve25519: 2 } });
    const changed = { ...oneTime([3]), 'signed_curve25519:1': { key: 'another', signatures: {} } };
    const refused = await upload(alice, { one_time_keys: changed });
    expect(refused.status).toBe(400);
    expect(refused.body['error']).toMatch(/^One time key signed_curve25519:1 already exists/);
    expect((await upload(alice, {})).body).toEqual({ one_time_key_counts: { signed_curve25519: 2 } });
  });

  test('uploads of the same id at the same time: one key wins, the other is told', async () => {
    const answers = await Promise.all(
      ['a', 'b'].map((key) => upload(alice, { one_time_keys: { 'signed_curve25519:1': { key, signatures: {} } } })),
    );
    expect(answers.map((answer) => answer.status).toSorted((a, b) => a - b)).toEqual([200, 400]);
  });

  test('an upload repeated after its keys were claimed does not bring them back', async () => {
    await upload(alice, { one_time_keys: oneTime([1]) });
    expect(claimedNames(await claim(bob, alice), alice)).toEqual(['signed_curve25519:1']);
    expect((await upload(alice, { one_time_keys: oneTime([1]) })).body).toEqual({ one_time_key_counts: { signed_curve25519: 0 } });
    expect(claimedNames(await claim(bob, alice), alice)).toEqual([]);
  });

  test('uploading the same device keys twice tells nobody a second time', async () => {
    const { json } = deviceKeysOf(alice.userId, 'ALICE');
    await upload(alice, { device_keys: json });
    const { length } = host.commits.entries;
    await upload(alice, { device_keys: json });
    expect(host.commits.entries).toHaveLength(length);
  });
});

describe('claiming keys', () => {
  test('keys are given out in the order of their upload, then the fallback key, again and again', async () => {
    await upload(alice, { one_time_keys: oneTime([9]), fallback_keys: fallback('F') });
    await upload(alice, { one_time_keys: oneTime([1]) });
    const names: string[][] = [];
    for (let i = 0; i < 4; i++) names.push(claimedNames(await claim(bob, alice), alice));
    expect(names).toEqual([['signed_curve25519:9'], ['signed_curve25519:1'], ['signed_curve25519:F'], ['signed_curve25519:F']]);
    expect((await claim(bob, alice)).body['one_time_keys']).toEqual({ [alice.userId]: { ALICE: fallback('F') } });
  });

  test('1,000 claims at the same time on 50 keys: 50 different keys, the fallback key for the rest, and none twice', async () => {
    await upload(alice, { one_time_keys: oneTime(Array.from({ length: 50 }, (_, i) => i)), fallback_keys: fallback('F') });
    const answers = await Promise.all(Array.from({ length: 1_000 }, () => claim(bob, alice)));
    const names = answers.flatMap((answer) => claimedNames(answer, alice));
    const oneTimeNames = names.filter((name) => name !== 'signed_curve25519:F');
    expect(names).toHaveLength(1_000);
    expect(oneTimeNames).toHaveLength(50);
    expect(new Set(oneTimeNames).size).toBe(50);
  });

  test('claims for many devices at the same time, in different orders, all get their own keys', async () => {
    const devices = Array.from({ length: 10 }, (_, i) => `D${i}`);
    for (const id of devices) {
      host.users.add(bob.userId, id as DeviceId);
      await upload({ ...bob, deviceId: id as DeviceId }, { one_time_keys: oneTime([1, 2, 3, 4, 5]), fallback_keys: fallback('F') });
    }
    const answers = await Promise.all(
      Array.from({ length: 20 }, (_, i) => {
        const order = i % 2 === 0 ? devices : devices.toReversed();
        return post('claim', alice, { one_time_keys: { [bob.userId]: Object.fromEntries(order.map((id) => [id, 'signed_curve25519'])) } });
      }),
    );
    for (const id of devices) {
      const names = answers.flatMap((answer) => claimedNames(answer, { ...bob, deviceId: id as DeviceId }));
      expect(names).toHaveLength(20);
      expect(new Set(names)).toEqual(new Set(['1', '2', '3', '4', '5', 'F'].map((key) => `signed_curve25519:${key}`)));
      expect(names.filter((name) => name.endsWith(':F'))).toHaveLength(15);
    }
  });

  test('unknown devices and algorithms are left out; users of other servers are reported as out of reach', async () => {
    const answer = await post('claim', alice, {
      one_time_keys: { [bob.userId]: { BOB: 'signed_curve25519', GONE: 'x' }, '@c:remote.test': { D: 'signed_curve25519' } },
    });
    expect(answer.body).toEqual({ one_time_keys: {}, failures: { 'remote.test': expect.any(Object) as unknown } });
    const queried = await post('query', alice, { device_keys: { '@c:remote.test': [], '@nobody:weft.test': [] } });
    expect(queried.body).toMatchObject({ device_keys: {}, failures: { 'remote.test': { errcode: 'M_CONNECTION_FAILED' } } });
  });
});

describe('what sync says of the own device', () => {
  const keysIn = (top: JsonObject) => [top['device_one_time_keys_count'], top['device_unused_fallback_key_types']];

  test('counts are always there, and follow uploads and claims', async () => {
    expect(keysIn((await host.sync(alice)).top)).toEqual([{ signed_curve25519: 0 }, []]);
    await upload(alice, { one_time_keys: oneTime([1, 2]), fallback_keys: fallback('F') });
    expect(keysIn((await host.sync(alice)).top)).toEqual([{ signed_curve25519: 2 }, ['signed_curve25519']]);
    await claim(bob, alice);
    expect(keysIn((await host.sync(alice)).top)).toEqual([{ signed_curve25519: 1 }, ['signed_curve25519']]);
    await claim(bob, alice);
    await claim(bob, alice);
    expect(keysIn((await host.sync(alice)).top)).toEqual([{ signed_curve25519: 0 }, []]);
    expect(host.commits.entries.at(-1)).toMatchObject({ stream: 'one_time_key', users: [alice.userId] });
    await upload(alice, { fallback_keys: fallback('F') });
    expect(keysIn((await host.sync(alice)).top)).toEqual([{ signed_curve25519: 0 }, []]);
    await upload(alice, { fallback_keys: fallback('G') });
    expect(keysIn((await host.sync(alice)).top)).toEqual([{ signed_curve25519: 0 }, ['signed_curve25519']]);
  });

  test('a warm idle sync asks the database nothing', async () => {
    await host.sync(alice);
    const { next } = await host.sync(alice);
    const before = host.statements;
    for (let i = 0; i < 5; i++) await host.sync(alice, { from: next });
    expect(host.statements).toBe(before);
  });
});

describe('device lists', () => {
  const changes = async (as: Caller, from: number) => (await host.sync(as, { from })).top['device_lists'] ?? null;
  const publish = (as: Caller) => upload(as, { device_keys: deviceKeysOf(as.userId, as.deviceId ?? '').json });

  test('new keys are told to the user and to those who share a room, and wake them', async () => {
    await host.members.setMember(room(), alice.userId, 'join');
    await host.members.setMember(room(), bob.userId, 'join');
    const stranger: Caller = { userId: `@eve${n}:weft.test` as UserId, deviceId: 'EVE' as DeviceId };
    const from = host.commits.position;
    await publish(alice);
    expect(await changes(bob, from)).toEqual({ changed: [alice.userId], left: [] });
    expect(await changes(alice, from)).toEqual({ changed: [alice.userId], left: [] });
    expect(await changes(stranger, from)).toBeNull();
    expect(await changes(bob, host.commits.position)).toBeNull();
    expect((await host.sync(bob)).top).not.toHaveProperty('device_lists');
    expect(host.commits.entries.at(-1)).toMatchObject({ stream: 'device_list', rooms: [room()], users: [alice.userId] });
  });

  test('who comes to share the first room is changed for both, who shares none any more has left', async () => {
    await host.members.setMember(room(), alice.userId, 'join');
    const before = host.commits.position;
    await host.members.setMember(room(), bob.userId, 'join');
    expect(await changes(bob, before)).toEqual({ changed: [alice.userId], left: [] });
    expect(await changes(alice, before)).toEqual({ changed: [bob.userId], left: [] });
    const joined = host.commits.position;
    await host.members.setMember(room(), bob.userId, 'leave');
    await publish(bob);
    expect(await changes(alice, joined)).toEqual({ changed: [], left: [bob.userId] });
    expect(await changes(bob, joined)).toEqual({ changed: [bob.userId], left: [alice.userId] });
  });

  test('leaving one of two shared rooms is not leaving', async () => {
    for (const roomId of [room(), `!second${n}:weft.test` as RoomId])
      for (const caller of [alice, bob]) await host.members.setMember(roomId, caller.userId, 'join');
    const from = host.commits.position;
    await host.members.setMember(room(), bob.userId, 'leave');
    expect(await changes(alice, from)).toBeNull();
  });

  test('/keys/changes says the same for two tokens, also for the time before a restart', async () => {
    await host.members.setMember(room(), alice.userId, 'join');
    await host.members.setMember(room(), bob.userId, 'join');
    const from = host.commits.position;
    await publish(alice);
    const to = host.commits.position;
    const ask = (target: ModuleHost, range: string) =>
      target.request({ method: 'GET', path: `/_matrix/client/v3/keys/changes?${range}`, as: bob });
    expect((await ask(host, `from=s1_${from}&to=s1_${to}`)).body).toEqual({ changed: [alice.userId], left: [] });
    expect((await ask(host, `from=s1_${to}&to=s1_${to}`)).body).toEqual({ changed: [], left: [] });
    expect(await ask(host, 'from=nonsense&to=s1_1')).toMatchObject({ status: 400, body: { errcode: 'M_INVALID_PARAM' } });
    expect(await ask(host, 'from=s1_1')).toMatchObject({ status: 400, body: { errcode: 'M_MISSING_PARAM' } });

    await using restarted = await moduleHost({ database, plugins: [e2eeKeys], position: host.commits.position, rooms: host.rooms });
    expect((await ask(restarted, `from=s1_${from}&to=s1_${to}`)).body).toEqual({ changed: [alice.userId], left: [] });
  });

  test('a deleted device takes its keys along and is announced; renaming is announced', async () => {
    await host.members.setMember(room(), alice.userId, 'join');
    await host.members.setMember(room(), bob.userId, 'join');
    await upload(alice, {
      device_keys: deviceKeysOf(alice.userId, 'ALICE').json,
      one_time_keys: oneTime([1]),
      fallback_keys: fallback('F'),
    });
    let from = host.commits.position;
    await host.emit('deviceChanged', { userId: alice.userId, deviceId: 'ALICE' as DeviceId });
    expect(await changes(bob, from)).toEqual({ changed: [alice.userId], left: [] });
    from = host.commits.position;
    await host.users.deleteDevices(alice.userId, ['ALICE' as DeviceId]);
    expect(await changes(bob, from)).toEqual({ changed: [alice.userId], left: [] });
    host.users.add(alice.userId, 'ALICE' as DeviceId);
    expect((await query(bob, alice))['device_keys']).toEqual({ [alice.userId]: {} });
    expect(claimedNames(await claim(bob, alice), alice)).toEqual([]);
    from = host.commits.position;
    await host.emit('deviceChanged', { userId: alice.userId, deviceId: 'ALICE' as DeviceId });
    expect(await changes(bob, from)).toBeNull();
  });
});

describe('cross-signing', () => {
  const signing = (as: Caller, body: JsonObject) => post('device_signing/upload', as, body);

  test('keys are published without further authentication the first time, and the user-signing key is seen by its owner alone', async () => {
    uiaRefuses = true;
    const { body } = crossSigningOf(alice.userId);
    expect(await signing(alice, body)).toEqual({ status: 200, body: {} });
    const own = await query(alice, alice);
    expect(own).toMatchObject({
      master_keys: { [alice.userId]: body.master_key },
      self_signing_keys: { [alice.userId]: body.self_signing_key },
      user_signing_keys: { [alice.userId]: body.user_signing_key },
    });
    const others = await query(bob, alice);
    expect(others).toMatchObject({ master_keys: { [alice.userId]: body.master_key }, user_signing_keys: {} });
  });

  test('the same keys again need no authentication and change nothing; other keys need it', async () => {
    const first = crossSigningOf(alice.userId);
    await signing(alice, first.body);
    uiaRefuses = true;
    const { length } = host.commits.entries;
    expect((await signing(alice, first.body)).status).toBe(200);
    expect(host.commits.entries).toHaveLength(length);

    const second = crossSigningOf(alice.userId);
    expect(await signing(alice, second.body)).toMatchObject({ status: 401, body: { session: 's' } });
    expect((await query(alice, alice))['master_keys']).toEqual({ [alice.userId]: first.body.master_key });
    expect((await signing({ ...alice, appserviceId: 'bridge' }, second.body)).status).toBe(200);
    expect((await query(alice, alice))['master_keys']).toEqual({ [alice.userId]: second.body.master_key });
  });

  test('keys that the master key did not sign, and keys without any master key, are refused', async () => {
    const mine = crossSigningOf(alice.userId);
    const foreign = crossSigningOf(alice.userId);
    expect(await signing(alice, { self_signing_key: mine.body.self_signing_key })).toMatchObject({
      status: 400,
      body: { errcode: 'M_MISSING_PARAM' },
    });
    expect(await signing(alice, { ...mine.body, self_signing_key: foreign.body.self_signing_key })).toMatchObject({
      status: 400,
      body: { errcode: 'M_INVALID_SIGNATURE' },
    });
    expect((await query(alice, alice))['master_keys']).toEqual({});
  });

  test('a public key that is a device id is refused, and so are keys of a device whose id is a public key', async () => {
    const { body, master } = crossSigningOf(alice.userId);
    host.users.add(alice.userId, master.publicKey.base64 as DeviceId);
    expect(await signing(alice, body)).toMatchObject({ status: 403, body: { errcode: 'M_FORBIDDEN' } });
    await host.users.deleteDevices(alice.userId, [master.publicKey.base64 as DeviceId]);
    await signing(alice, body);
    const clash = { ...alice, deviceId: master.publicKey.base64 as DeviceId };
    const { json } = deviceKeysOf(alice.userId, master.publicKey.base64);
    expect(await upload(clash, { device_keys: json })).toMatchObject({ status: 403, body: { errcode: 'M_FORBIDDEN' } });
  });
});

describe('signatures', () => {
  const sign = (as: Caller, body: JsonObject) => post('signatures/upload', as, body);

  async function people() {
    const alicesDevice = deviceKeysOf(alice.userId, 'ALICE');
    const alices = crossSigningOf(alice.userId);
    const bobs = crossSigningOf(bob.userId);
    await upload(alice, { device_keys: alicesDevice.json });
    await post('device_signing/upload', alice, alices.body);
    await post('device_signing/upload', bob, bobs.body);
    await host.members.setMember(room(), alice.userId, 'join');
    await host.members.setMember(room(), bob.userId, 'join');
    return { alicesDevice, alices, bobs };
  }

  test("a device signed by its owner's self-signing key is shown so to everybody, once", async () => {
    const { alicesDevice, alices } = await people();
    const signed = signJson(alicesDevice.json, { name: alice.userId, key: alices.selfSigning });
    const from = host.commits.position;
    expect(await sign(alice, { [alice.userId]: { ALICE: signed } })).toEqual({ status: 200, body: { failures: {} } });
    const shown = (await query(bob, alice))['device_keys']?.[alice.userId]?.['ALICE'] as JsonObject;
    expect(shown['signatures']).toEqual(signed.signatures);
    expect((await host.sync(bob, { from })).top['device_lists']).toEqual({ changed: [alice.userId], left: [] });
    const { length } = host.commits.entries;
    await sign(alice, { [alice.userId]: { ALICE: signed } });
    expect(host.commits.entries).toHaveLength(length);
  });

  test("a signature on another user's master key is seen by the signer alone, who is told", async () => {
    const { alices, bobs } = await people();
    const signed = signJson(bobs.body.master_key, { name: alice.userId, key: alices.userSigning });
    const from = host.commits.position;
    expect((await sign(alice, { [bob.userId]: { [bobs.master.publicKey.base64]: signed } })).body).toEqual({ failures: {} });
    expect((await query(alice, bob))['master_keys']).toEqual({ [bob.userId]: signed });
    expect((await query(bob, bob))['master_keys']).toEqual({ [bob.userId]: bobs.body.master_key });
    expect((await host.sync(alice, { from })).top['device_lists']).toEqual({ changed: [bob.userId], left: [] });
    expect((await host.sync(bob, { from })).top).not.toHaveProperty('device_lists');
  });

  test('the master key takes signatures by own devices; new keys drop the old ones', async () => {
    const { alicesDevice, alices } = await people();
    const signed = signJson(alices.body.master_key, { name: alice.userId, key: alicesDevice.key });
    expect((await sign(alice, { [alice.userId]: { [alices.master.publicKey.base64]: signed } })).body).toEqual({ failures: {} });
    expect((await query(bob, alice))['master_keys']).toEqual({ [alice.userId]: signed });

    const device = signJson(alicesDevice.json, { name: alice.userId, key: alices.selfSigning });
    await sign(alice, { [alice.userId]: { ALICE: device } });
    await post('device_signing/upload', alice, crossSigningOf(alice.userId).body);
    const shown = (await query(bob, alice))['device_keys']?.[alice.userId]?.['ALICE'] as JsonObject;
    expect(shown['signatures']).toEqual(alicesDevice.json['signatures']);
  });

  test('each failure is reported with its key, and does not hinder the others', async () => {
    const { alicesDevice, alices, bobs } = await people();
    const good = signJson(alicesDevice.json, { name: alice.userId, key: alices.selfSigning });
    const byStranger = signJson(bobs.body.master_key, { name: alice.userId, key: alices.selfSigning });
    const changed = signJson({ ...alices.body.master_key, extra: 1 }, { name: alice.userId, key: alicesDevice.key });
    const { body } = await sign(alice, {
      [alice.userId]: { ALICE: good, GONE: good, [alices.master.publicKey.base64]: changed },
      [bob.userId]: { [bobs.master.publicKey.base64]: byStranger },
      '@c:remote.test': { key: good },
    });
    expect(body).toMatchObject({
      failures: {
        [alice.userId]: { GONE: { errcode: 'M_NOT_FOUND' }, [alices.master.publicKey.base64]: { errcode: 'M_INVALID_PARAM' } },
        [bob.userId]: { [bobs.master.publicKey.base64]: { errcode: 'M_INVALID_SIGNATURE' } },
        '@c:remote.test': { key: { errcode: 'M_NOT_FOUND' } },
      },
    });
    expect((body['failures'] as { [userId: string]: JsonObject })[alice.userId]).not.toHaveProperty('ALICE');

    const forged = { ...good, signatures: { [alice.userId]: { [alices.selfSigning.keyId]: 'A'.repeat(86) } } };
    expect((await sign(alice, { [alice.userId]: { ALICE: forged } })).body).toMatchObject({
      failures: { [alice.userId]: { ALICE: { errcode: 'M_INVALID_SIGNATURE' } } },
    });
  });
});

describe('other servers', () => {
  const origin = 'remote.test' as ServerName;

  test('they see devices, claim keys, and never see user-signing keys', async () => {
    const { json } = deviceKeysOf(alice.userId, 'ALICE');
    const { body } = crossSigningOf(alice.userId);
    await upload(alice, { device_keys: json, one_time_keys: oneTime([1]) });
    await post('device_signing/upload', alice, body);
    const pos = host.commits.position;
    const path = '/_matrix/federation/v1/user';
    const devices = await host.request({ method: 'GET', path: `${path}/devices/${encodeURIComponent(alice.userId)}`, origin });
    expect(devices.body).toEqual({
      user_id: alice.userId,
      stream_id: pos,
      devices: [{ device_id: 'ALICE', keys: json, device_display_name: "Alice's phone" }],
      master_key: body.master_key,
      self_signing_key: body.self_signing_key,
    });
    const queried = await host.request({
      method: 'POST',
      path: `${path}/keys/query`,
      origin,
      body: { device_keys: { [alice.userId]: [] } },
    });
    expect(Object.keys(queried.body).sort()).toEqual(['device_keys', 'master_keys', 'self_signing_keys']);
    const claimed = await host.request({
      method: 'POST',
      path: `${path}/keys/claim`,
      origin,
      body: { one_time_keys: { [alice.userId]: { ALICE: 'signed_curve25519' } } },
    });
    expect(claimedNames(claimed, alice)).toEqual(['signed_curve25519:1']);
    expect(await host.request({ method: 'GET', path: `${path}/devices/%40nobody%3Aweft.test`, origin })).toMatchObject({ status: 404 });
  });
});
