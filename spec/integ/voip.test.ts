import { createHmac } from 'node:crypto';
import { expect, test } from 'vitest';
import type { Plugin } from '../../src/plugin-api/plugin.ts';
import voip from '../../src/modules/voip/index.ts';
import type { DeviceId, UserId } from '../../src/core/ids/brands.ts';
import { testDatabase } from '../support/database.ts';
import { moduleHost } from '../support/module-host.ts';

const PATH = '/_matrix/client/v3/voip/turnServer';
const alice = { userId: '@alice:weft.test' as UserId, deviceId: 'A' as DeviceId };
const uris = ['turn:turn.weft.test?transport=udp', 'turns:turn.weft.test'];

async function ask(config: object) {
  await using database = await testDatabase();
  await using host = await moduleHost({ database, plugins: [voip as Plugin], config: { voip: { uris: [], ttl: 600, ...config } } });
  const anonymous = await host.request({ method: 'GET', path: PATH });
  expect(anonymous.status).toBe(401);
  return { answer: await host.request({ method: 'GET', path: PATH, as: alice }), now: host.clock.now() };
}

test('without a relay there is nothing to tell', async () => {
  expect((await ask({ shared_secret: 's' })).answer).toEqual({ status: 200, body: {} });
  expect((await ask({ uris })).answer).toEqual({ status: 200, body: {} });
});

test('a shared secret gives credentials that end and that the relay can check', async () => {
  const { answer, now } = await ask({ uris, shared_secret: 'secret' });
  const username = `${Math.floor(now / 1000) + 600}:@alice:weft.test`;
  const password = createHmac('sha1', 'secret').update(username).digest('base64');
  expect(answer).toEqual({ status: 200, body: { username, password, uris, ttl: 600 } });
});

test('fixed credentials are passed on', async () => {
  const { answer } = await ask({ uris, username: 'weft', password: 'pw' });
  expect(answer.body).toEqual({ username: 'weft', password: 'pw', uris, ttl: 600 });
});
