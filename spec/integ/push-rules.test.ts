import { afterAll, beforeAll, expect, test } from 'vitest';
import type { DeviceId, UserId } from '../../src/core/ids/brands.ts';
import type { JsonObject } from '../../src/core/json/json-value.ts';
import pushRules from '../../src/modules/push-rules/index.ts';
import { type TestDatabase, testDatabase } from '../support/database.ts';
import { type Answer, type ModuleHost, moduleHost, SERVER } from '../support/module-host.ts';

const ALICE = { userId: `@alice:${SERVER}` as UserId, deviceId: 'PHONE' as DeviceId };
const BASE = '/_matrix/client/v3/pushrules/global';
const NOTIFY = { actions: ['notify'] };

let database: TestDatabase;
let host: ModuleHost;
beforeAll(async () => {
  database = await testDatabase();
  host = await moduleHost({ database, plugins: [pushRules] });
});
afterAll(async () => {
  await host[Symbol.asyncDispose]();
  await database[Symbol.asyncDispose]();
});

function call(method: 'GET' | 'PUT' | 'DELETE', path: string, body?: JsonObject): Promise<Answer> {
  return host.request({ method, path: `${BASE}${path}`, as: ALICE, ...(body === undefined ? {} : { body }) });
}

async function idsOf(kind: string): Promise<unknown[]> {
  const rules = (await call('GET', '/')).body[kind] as JsonObject[];
  return rules.filter((rule) => rule['default'] === false).map((rule) => rule['rule_id']);
}

test('the whole set is there with and without the last slash', async () => {
  const all = await host.request({ method: 'GET', path: '/_matrix/client/v3/pushrules/', as: ALICE });
  expect(all.body).toEqual({ global: (await call('GET', '')).body });
  expect((await call('GET', '/')).body).toEqual(all.body['global']);
});

test('rules stand where they are put: on top, or beside another', async () => {
  await call('PUT', '/content/a', { ...NOTIFY, pattern: 'a' });
  await call('PUT', '/content/b', { ...NOTIFY, pattern: 'b' });
  await call('PUT', '/content/c?after=b', { ...NOTIFY, pattern: 'c' });
  await call('PUT', '/content/d?before=b&after=a', { ...NOTIFY, pattern: 'd' });
  expect(await idsOf('content')).toEqual(['d', 'b', 'c', 'a']);
  expect(await call('PUT', '/content/e?before=nobody', { ...NOTIFY, pattern: 'e' })).toMatchObject({
    status: 400,
    body: { errcode: 'M_UNKNOWN' },
  });
});

test('a rule is read, switched off, given other actions and deleted', async () => {
  await call('PUT', '/override/mine', { ...NOTIFY, conditions: [] });
  expect((await call('GET', '/override/mine')).body).toEqual({
    rule_id: 'mine',
    default: false,
    enabled: true,
    actions: ['notify'],
    conditions: [],
  });
  await call('PUT', '/override/mine/enabled', { enabled: false });
  expect((await call('GET', '/override/mine/enabled')).body).toEqual({ enabled: false });
  await call('PUT', '/override/mine/actions', { actions: [] });
  expect((await call('GET', '/override/mine/actions')).body).toEqual({ actions: [] });
  expect((await call('DELETE', '/override/mine')).status).toBe(200);
  expect(await call('GET', '/override/mine')).toMatchObject({ status: 404, body: { errcode: 'M_NOT_FOUND' } });
  expect(await call('DELETE', '/override/mine')).toMatchObject({ status: 404 });
});

test('predefined rules change but do not go away, and their names are reserved', async () => {
  await call('PUT', '/override/.m.rule.master/enabled', { enabled: true });
  expect((await call('GET', '/override/.m.rule.master/enabled')).body).toEqual({ enabled: true });
  await call('PUT', '/override/.m.rule.master/enabled', { enabled: false });
  expect((await call('DELETE', '/override/.m.rule.master')).status).toBe(400);
  expect((await call('PUT', '/override/.mine', NOTIFY)).status).toBe(400);
  expect((await call('PUT', '/nokind/mine', NOTIFY)).status).toBe(400);
});

test('a change reaches the next sync, and survives a restart', async () => {
  const { next, contributions } = await host.sync(ALICE);
  expect(contributions[0]?.accountData?.[0]).toMatchObject({ type: 'm.push_rules' });
  const idle = host.statements;
  expect((await host.sync(ALICE, { from: next })).contributions).toEqual([]);
  expect(host.statements).toBe(idle);
  await call('PUT', '/room/!room:weft.test', { actions: [] });
  expect((await host.sync(ALICE, { from: next })).contributions[0]?.accountData).toMatchObject([
    { type: 'm.push_rules', content: { global: { room: [{ rule_id: '!room:weft.test', enabled: true }] } } },
  ]);
  await using later = await moduleHost({ database, plugins: [pushRules], position: host.commits.position });
  expect((await later.sync(ALICE, { from: next })).contributions).toHaveLength(1);
});

test('many changes at once are all kept', async () => {
  const names = Array.from({ length: 10 }, (_, index) => `many-${index}`);
  await Promise.all(names.map((name) => call('PUT', `/underride/${name}`, NOTIFY)));
  expect(new Set(await idsOf('underride'))).toEqual(new Set(names));
});
