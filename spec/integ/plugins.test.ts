import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { ApiClient } from '../support/api-client.ts';
import { testDatabase } from '../support/database.ts';
import { startServer, type TestServer } from '../support/server.ts';

// Plug-ins from files, in whole servers: the examples of docs/plugins.md, and what a server says about those it cannot use.

const EXAMPLES = path.resolve('docs/examples/plugins');
const KEYWORDS = { path: path.join(EXAMPLES, 'keyword-push-rules.mjs'), config: { words: ['fire'] } };

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'weft-plugins-'));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

async function pluginFile(name: string, source: string): Promise<string> {
  const file = path.join(folder, `${name}.mjs`);
  await writeFile(file, source);
  return file;
}

describe('the spam check', () => {
  let server: TestServer;
  let alice: ApiClient;
  beforeAll(async () => {
    server = await startServer({
      config: { modules: [{ path: path.join(EXAMPLES, 'spam-check.mjs'), config: { words: ['casino'], reason: 'No advertising here' } }] },
    });
    alice = await server.register('alice');
  });
  afterAll(() => server[Symbol.asyncDispose]());

  test('refuses a message with its reason and lets others pass', async () => {
    const room = await alice.createRoom();
    const send = (body: string) =>
      alice.api('PUT', `/rooms/${encodeURIComponent(room)}/send/m.room.message/${alice.nextTxn()}`, { msgtype: 'm.text', body });
    expect(await send('Come to the CASINO')).toMatchObject({ status: 403, body: { errcode: 'M_FORBIDDEN', error: 'No advertising here' } });
    expect((await send('Come to the park')).status).toBe(200);
    const { rooms } = await alice.sync();
    expect(JSON.stringify(rooms.join[room].timeline)).not.toContain('CASINO');
  });
});

describe('the push rules with keywords', () => {
  /** Unread counts of Bob after what Alice sent, before and after he has looked (memory, database). */
  async function countsOf(config: object, content: object): Promise<unknown[]> {
    await using server = await startServer({ config: { ...config } });
    const alice = await server.register('alice');
    const bob = await server.register('bob');
    const room = await alice.createRoom({ preset: 'public_chat' });
    await bob.join(room);
    const { next_batch: since } = await bob.sync();
    await alice.send(room, 'm.room.message', content);
    const fresh = (await bob.sync({ since })).rooms.join[room].unread_notifications;
    await alice.send(room, 'm.room.message', { msgtype: 'm.notice', body: 'nothing' });
    return [fresh, (await bob.sync()).rooms.join[room].unread_notifications];
  }

  const NOTICE = { msgtype: 'm.notice', body: 'There is a FIRE in the kitchen' };
  const NOTHING = { notification_count: 0, highlight_count: 0 };
  const ALARM = { notification_count: 1, highlight_count: 1 };

  test('turn a notice with a keyword into a highlight, which the built-in rules do not', async () => {
    expect(await countsOf({}, NOTICE)).toEqual([NOTHING, NOTHING]);
    expect(await countsOf({ modules: [KEYWORDS], slots: { pushRules: 'keyword-push-rules' } }, NOTICE)).toEqual([ALARM, ALARM]);
  });

  test('leave everything else to the built-in rules', async () => {
    const message = { msgtype: 'm.text', body: 'hello' };
    const config = { modules: [KEYWORDS], slots: { pushRules: 'keyword-push-rules' } };
    expect(await countsOf(config, message)).toEqual(await countsOf({}, message));
  });

  test('count the same after a restart', async () => {
    await using database = await testDatabase();
    const config = { modules: [KEYWORDS], slots: { pushRules: 'keyword-push-rules' } };
    const room = await (async () => {
      await using server = await startServer({ config, database, dataDir: path.join(folder, 'restart') });
      const alice = await server.register('alice');
      const bob = await server.register('bob');
      const roomId = await alice.createRoom({ preset: 'public_chat' });
      await bob.join(roomId);
      await alice.send(roomId, 'm.room.message', NOTICE);
      return roomId;
    })();
    await using again = await startServer({ config, database, dataDir: path.join(folder, 'restart') });
    const bob = await again.login('bob');
    expect((await bob.sync()).rooms.join[room].unread_notifications).toEqual(ALARM);
  });
});

describe('an endpoint, a sync stream and a stop of a plug-in', () => {
  test('are served, and stopped in reverse order', async () => {
    const source = (name: string) => `
      globalThis.stopped ??= [];
      export default {
        name: '${name}', api: 1, ${name === 'second' ? "requires: ['first']," : ''}
        setup(host) {
          host.endpoints([{
            method: 'GET', path: '/_weft/${name}/:userId', auth: 'user',
            handler: ({ deps, requester, params }) => {
              if (params.userId === '@nobody:weft.test') throw host.refusal('M_FORBIDDEN', 'not about them');
              if (params.userId === '@tea:weft.test') return host.reply({ status: 418, body: { short: true } });
              return { greeting: deps.greeting, asker: requester.userId, about: params.userId };
            },
          }], { greeting: 'hello' });
          host.stream({ name: '${name}', contribute: ({ userId }) => ({ top: { 'org.example.${name}': userId } }) });
          host.onStop(async () => { globalThis.stopped.push('${name}'); });
        },
      };`;
    const modules = [{ path: await pluginFile('second', source('second')) }, { path: await pluginFile('first', source('first')) }];
    const server = await startServer({ config: { modules } });
    const alice = await server.register('alice');
    expect(await alice.ok('GET', '/_weft/first/@bob:weft.test')).toEqual({
      greeting: 'hello',
      asker: alice.userId,
      about: '@bob:weft.test',
    });
    expect(await alice.api('GET', '/_weft/first/@nobody:weft.test')).toMatchObject({
      status: 403,
      body: { errcode: 'M_FORBIDDEN', error: 'not about them' },
    });
    expect(await alice.api('GET', '/_weft/first/@tea:weft.test')).toMatchObject({ status: 418, body: { short: true } });
    expect((await alice.api('GET', '/_weft/first/bob')).body.errcode).toBe('M_INVALID_PARAM');
    expect((await server.anonymous.api('GET', '/_weft/first/@bob:weft.test')).body.errcode).toBe('M_MISSING_TOKEN');
    await alice.createRoom();
    expect(await alice.sync()).toMatchObject({ 'org.example.second': alice.userId });
    await server[Symbol.asyncDispose]();
    expect((globalThis as { stopped?: string[] }).stopped).toEqual(['second', 'first']);
  });
});

describe('a server does not start with a plug-in that', () => {
  const SPAM = path.join(EXAMPLES, 'spam-check.mjs');
  const cases: [what: string, config: () => Promise<object>, message: RegExp][] = [
    [
      'does not exist',
      async () => ({ modules: [{ path: path.join(folder, 'missing.mjs') }] }),
      /modules\[0\].*missing\.mjs could not be loaded/,
    ],
    [
      'has wrong configuration',
      async () => ({ modules: [{ path: SPAM, config: { words: [1] } }] }),
      /spam-check: modules\[0\]\.config\.words\.0 must be string/,
    ],
    [
      'lacks configuration',
      async () => ({ modules: [{ path: SPAM }] }),
      /spam-check: modules\[0\]\.config must have required property 'words'/,
    ],
    [
      'was written for another API',
      async () => ({ modules: [{ path: await pluginFile('old', "export default { name: 'old', api: 0, setup() {} };") }] }),
      /old \(modules\[0\]\) was written for plug-in API 0; this server has 1/,
    ],
    [
      'has no default export',
      async () => ({ modules: [{ path: await pluginFile('none', 'export const a = 1;') }] }),
      /none\.mjs has no plug-in as its default export/,
    ],
    [
      'wants a slot that another has',
      async () => ({ modules: [KEYWORDS] }),
      /Slot pushRules has more than one provider: push-rules, keyword-push-rules\. Name the one to use under slots\.pushRules/,
    ],
    [
      'is to fill a slot that it does not provide',
      async () => ({ modules: [{ path: SPAM, config: { words: ['a'] } }], slots: { pushRules: 'spam-check' } }),
      /slots\.pushRules names spam-check, which does not provide it\. Providers: push-rules/,
    ],
    [
      'throws while it is set up',
      async () => ({
        modules: [
          { path: await pluginFile('throws', "export default { name: 'throws', api: 1, setup() { throw new Error('no licence'); } };") },
        ],
      }),
      /Plug-in throws could not be set up: no licence/,
    ],
    [
      'resolves state otherwise than the specification',
      async () => ({
        modules: [
          {
            path: await pluginFile(
              'resolver',
              "export default { name: 'own-resolver', api: 1, setup(host) { host.provide('stateResolver:v2', function* ({ stateSets }) { return stateSets[0]; }); } };",
            ),
          },
        ],
        slots: { 'stateResolver:v2': 'own-resolver' },
      }),
      /Plug-in own-resolver: its stateResolver:v2 is wrong: room version 2, “two joins at once both stay”/,
    ],
    [
      'takes a path of another',
      async () => ({
        modules: [
          {
            path: await pluginFile(
              'thief',
              "export default { name: 'thief', api: 1, setup(host) { host.endpoints([{ method: 'GET', path: '/_matrix/client/v3/sync', auth: 'user', handler: () => ({}) }], {}); } };",
            ),
          },
        ],
      }),
      /GET \/_matrix\/client\/v3\/sync is registered twice: by sync and by thief/,
    ],
  ];

  test.each(cases)('%s', async (_, config, message) => {
    await expect(startServer({ config: { ...(await config()) } })).rejects.toThrow(message);
  });
});
