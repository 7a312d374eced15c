import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import type { DeviceId, UserId } from '../../src/core/ids/brands.ts';
import type { JsonObject } from '../../src/core/json/json-value.ts';
import dehydratedDevices from '../../src/modules/dehydrated-devices/index.ts';
import { EVENTS_PER_ANSWER_MAX } from '../../src/modules/dehydrated-devices/limits.ts';
import e2eeKeys from '../../src/modules/e2ee-keys/index.ts';
import toDevice from '../../src/modules/to-device/index.ts';
import type { Method } from '../../src/plugin-api/endpoint.ts';
import { type TestDatabase, testDatabase } from '../support/database.ts';
import { deviceKeysOf } from '../support/e2ee-device.ts';
import { type Caller, type ModuleHost, moduleHost } from '../support/module-host.ts';

let database: TestDatabase;
let host: ModuleHost;
let alice: Caller;
let bob: Caller;
let n = 0;
/** Device ids are base64: `/` and `+` occur. */
const OLD = 'old/device+id';
const NEW = 'new/device+id';

beforeAll(async () => {
  database = await testDatabase();
  host = await moduleHost({ database, plugins: [toDevice, e2eeKeys, dehydratedDevices] });
});
afterAll(async () => {
  await host[Symbol.asyncDispose]();
  await database[Symbol.asyncDispose]();
});
beforeEach(() => {
  n++;
  alice = { userId: `@alice${n}:weft.test` as UserId, deviceId: 'A' as DeviceId };
  bob = { userId: `@bob${n}:weft.test` as UserId, deviceId: 'B' as DeviceId };
  for (const caller of [alice, bob]) host.users.add(caller.userId, caller.deviceId as DeviceId);
});

const call = (method: Method, rest = '', body?: JsonObject) =>
  host.request({
    method,
    path: `/_matrix/client/unstable/org.matrix.msc3814.v1/dehydrated_device${rest}`,
    as: alice,
    ...(body === undefined ? {} : { body }),
  });
const bodyFor = (deviceId: string, change: JsonObject = {}): JsonObject => ({
  device_id: deviceId,
  device_data: { algorithm: 'm.dehydration.v2', device_pickle: deviceId },
  initial_device_display_name: 'Dehydrated device',
  device_keys: { ...deviceKeysOf(alice.userId, deviceId).json, dehydrated: true },
  one_time_keys: { 'signed_curve25519:1': { key: 'k', signatures: {} } },
  fallback_keys: { 'signed_curve25519:F': { key: 'f', fallback: true, signatures: {} } },
  ...change,
});
const devices = async () => (await host.users.devices(alice.userId)).map((device) => device.deviceId);
const send = (deviceId: string, count: number) =>
  Promise.all(
    Array.from({ length: count }, (_, i) =>
      host.request({
        method: 'PUT',
        path: `/_matrix/client/v3/sendToDevice/m.room.encrypted/t${n}-${i}`,
        as: bob,
        body: { messages: { [alice.userId]: { [deviceId]: { i } } } },
      }),
    ),
  );
const events = (deviceId: string) => `/${encodeURIComponent(deviceId)}/events`;

describe('dehydrated devices', () => {
  test('without one, the client learns that the feature exists', async () => {
    expect(await call('GET')).toMatchObject({ status: 404, body: { errcode: 'M_NOT_FOUND' } });
    expect(await call('DELETE')).toMatchObject({ status: 404, body: { errcode: 'M_NOT_FOUND' } });
    expect(host.unstableFeatures).toContain('org.matrix.msc3814');
  });

  test('it is a device like others: with keys to query and claim', async () => {
    const body = bodyFor(OLD);
    expect(await call('PUT', '', body)).toEqual({ status: 200, body: { device_id: OLD } });
    expect((await call('GET')).body).toEqual({ device_id: OLD, device_data: body['device_data'] });
    const queried = await host.request({
      method: 'POST',
      path: '/_matrix/client/v3/keys/query',
      as: bob,
      body: { device_keys: { [alice.userId]: [] } },
    });
    expect(queried.body['device_keys']).toEqual({
      [alice.userId]: { [OLD]: { ...(body['device_keys'] as JsonObject), unsigned: { device_display_name: 'Dehydrated device' } } },
    });
    const claimed = await host.request({
      method: 'POST',
      path: '/_matrix/client/v3/keys/claim',
      as: bob,
      body: { one_time_keys: { [alice.userId]: { [OLD]: 'signed_curve25519' } } },
    });
    expect(claimed.body['one_time_keys']).toEqual({ [alice.userId]: { [OLD]: body['one_time_keys'] } });
    expect(host.commits.entries.some((entry) => entry.stream === 'device_list' && entry.users.includes(alice.userId))).toBe(true);
  });

  test('a new one takes the place of the old one, which is deleted with its messages', async () => {
    await call('PUT', '', bodyFor(OLD));
    await send(OLD, 1);
    await call('PUT', '', bodyFor(NEW));
    expect(await devices()).toEqual(['A', NEW]);
    expect((await call('GET')).body).toMatchObject({ device_id: NEW });
    expect(await database.sql`select 1 from to_device where user_id = ${alice.userId}`).toHaveLength(0);
    expect(await database.sql`select 1 from device_key where user_id = ${alice.userId}`).toHaveLength(1);
  });

  test('malformed keys are refused, and what was there stays', async () => {
    await call('PUT', '', bodyFor(OLD));
    const foreign = deviceKeysOf(bob.userId, NEW).json;
    expect(await call('PUT', '', bodyFor(NEW, { device_keys: foreign }))).toMatchObject({
      status: 400,
      body: { errcode: 'M_INVALID_PARAM' },
    });
    expect(await call('PUT', '', bodyFor('A'))).toMatchObject({ status: 400, body: { errcode: 'M_INVALID_PARAM' } });
    expect(await call('PUT', '', bodyFor(NEW, { device_data: {} }))).toMatchObject({ status: 400, body: { errcode: 'M_BAD_JSON' } });
    expect(await devices()).toEqual(['A', OLD]);
    expect((await call('GET')).body).toMatchObject({ device_id: OLD });
  });

  test('its messages are fetched in parts by GET until no token comes, and again from the start', async () => {
    await call('PUT', '', bodyFor(OLD));
    await send(OLD, EVENTS_PER_ANSWER_MAX + 1);
    for (let round = 0; round < 2; round++) {
      const first = await call('GET', events(OLD));
      expect(first.body['events']).toHaveLength(EVENTS_PER_ANSWER_MAX);
      const second = await call('GET', `${events(OLD)}?from=${first.body['next_batch'] as string}`);
      expect(second.body).toEqual({ events: [{ type: 'm.room.encrypted', sender: bob.userId, content: expect.any(Object) as unknown }] });
    }
  });

  test('its messages are fetched by POST until the list is empty', async () => {
    await call('PUT', '', bodyFor(OLD));
    await send(OLD, 3);
    const first = await call('POST', events(OLD), {});
    expect(first.body['events']).toHaveLength(3);
    const second = await call('POST', events(OLD), { next_batch: first.body['next_batch'] ?? null });
    expect(second.body).toEqual({ events: [], next_batch: first.body['next_batch'] });
  });

  test('another device is not read this way', async () => {
    await call('PUT', '', bodyFor(OLD));
    expect(await call('GET', events('A'))).toMatchObject({ status: 403, body: { errcode: 'M_FORBIDDEN' } });
    expect(await call('POST', events('A'), {})).toMatchObject({ status: 403, body: { errcode: 'M_FORBIDDEN' } });
    expect(await call('GET', `${events(OLD)}?from=x`)).toMatchObject({ status: 400, body: { errcode: 'M_INVALID_PARAM' } });
  });

  test('it can be deleted here or like any device', async () => {
    await call('PUT', '', bodyFor(OLD));
    expect(await call('DELETE')).toEqual({ status: 200, body: { device_id: OLD } });
    expect(await devices()).toEqual(['A']);
    await call('PUT', '', bodyFor(NEW));
    await host.users.deleteDevices(alice.userId, [NEW as DeviceId]);
    expect(await call('GET')).toMatchObject({ status: 404 });
  });
});
