import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { armFailpoint } from '../../src/platform/failpoints.ts';
import type { ApiClient } from '../support/api-client.ts';
import { type TestDatabase, testDatabase } from '../support/database.ts';
import { startServer, type TestServer } from '../support/server.ts';

/** `begin`, the fence, four tables (event, room, transaction id, the sender's read marker), the log, `commit`. */
const STATEMENTS_PER_BATCH_OF_MESSAGES = 8;
/** Twelve of the batch; the rest finds out that nothing is known of the room yet. */
const STATEMENTS_OF_A_NEW_ROOM = 24;
const BYTES_TEST_HANGS_MS = 300_000;
const EVENT_BYTES_PER_MESSAGE = 1_250;
const ALL_BYTES_PER_MESSAGE = 1_500;
const MESSAGES_MEASURED = 2_000;

let database: TestDatabase;
let server: TestServer;
let alice: ApiClient;
let bob: ApiClient;
let roomId: string;

beforeAll(async () => {
  const plain = await testDatabase();
  database = { ...plain, options: { ...plain.options, countStatements: true } };
  server = await startServer({ database, config: { metrics: { enabled: true } } });
  alice = await server.register('alice');
  bob = await server.register('bob');
  roomId = await alice.createRoom({ preset: 'public_chat' });
  await bob.join(roomId);
  for (const client of [alice, bob]) await client.say(roomId, 'warm');
});
afterAll(async () => {
  await server[Symbol.asyncDispose]();
  await database[Symbol.asyncDispose]();
});

interface Costs {
  statements: number;
  commits: number;
}

async function spent(): Promise<Costs> {
  const page = await (await fetch(`${server.url}/metrics`)).text();
  const read = (name: string): number => Number(new RegExp(`^${name} (\\S+)$`, 'm').exec(page)?.[1]);
  return { statements: read('weft_database_statements'), commits: read('weft_commits') };
}

/**
 * The least that a task costs in a few runs, after one that makes everything warm: what the server does besides at the same moment
 * (renewing its lease, writing down who was seen) is not the task's.
 */
async function costOf(task: () => Promise<unknown>): Promise<Costs> {
  const runs: Costs[] = [];
  await task();
  for (let run = 0; run < 4; run++) {
    const before = await spent();
    await task();
    const after = await spent();
    runs.push({ statements: after.statements - before.statements, commits: after.commits - before.commits });
  }
  return { statements: Math.min(...runs.map((run) => run.statements)), commits: Math.min(...runs.map((run) => run.commits)) };
}

/** Asks for many things while a first commit is held up, so that they all share the next batch. */
async function inOneBatch(tasks: () => readonly Promise<unknown>[]): Promise<void> {
  const reached = Promise.withResolvers<void>();
  const gate = Promise.withResolvers<void>();
  using _held = armFailpoint('committer.before-transaction', {
    times: 1,
    wait: () => {
      reached.resolve();
      return gate.promise;
    },
  });
  const first = alice.say(roomId, 'holds up the others');
  await reached.promise;
  const all = tasks();
  // Every request has been read and has queued its commit.
  await queued(all.length);
  gate.resolve();
  await Promise.all([first, ...all]);
}

async function queued(units: number): Promise<void> {
  for (;;) {
    const page = await (await fetch(`${server.url}/metrics`)).text();
    if (Number(/^weft_commit_queue_units (\d+)$/m.exec(page)?.[1]) >= units) return;
  }
}

describe('what an operation costs in SQL', () => {
  test('sending a message: one transaction and nothing else', async () => {
    const cost = await costOf(() => alice.say(roomId, 'hello'));
    expect(cost.commits).toBe(1);
    expect(cost.statements).toBeLessThanOrEqual(STATEMENTS_PER_BATCH_OF_MESSAGES);
  });

  test('forty messages at once: one transaction with as many statements as for one', async () => {
    const cost = await costOf(() =>
      inOneBatch(() => Array.from({ length: 40 }, (_, n) => (n % 2 === 0 ? alice : bob).say(roomId, `${n}`))),
    );
    // One for the message that held the others up, one for the others.
    expect(cost.commits).toBe(2);
    expect(cost.statements).toBeLessThanOrEqual(2 * STATEMENTS_PER_BATCH_OF_MESSAGES);
  });

  test('an incremental sync with one changed room, everything warm: none', async () => {
    let since = (await bob.sync()).next_batch;
    const syncs: Costs[] = [];
    for (let round = 0; round < 3; round++) {
      const eventId = await alice.say(roomId, `round ${round}`);
      const before = await spent();
      const body = await bob.sync({ since });
      const after = await spent();
      expect(body.rooms.join[roomId].timeline.events.at(-1).event_id).toBe(eventId);
      since = body.next_batch;
      syncs.push({ statements: after.statements - before.statements, commits: after.commits - before.commits });
    }
    expect(syncs.at(-1)).toEqual({ statements: 0, commits: 0 });
  });

  test('a sync that brings nothing: none', async () => {
    const { next_batch: since } = await bob.sync();
    expect(await costOf(() => bob.sync({ since }))).toEqual({ statements: 0, commits: 0 });
  });

  test('an initial sync: the same number of statements for five rooms as for thirty', async () => {
    const carol = await server.register('carol');
    const costs: number[] = [];
    for (const more of [5, 25]) {
      for (let n = 0; n < more; n++) await carol.createRoom({ name: `Room ${n}` });
      costs.push((await costOf(() => carol.sync())).statements);
    }
    expect(costs[1]).toBe(costs[0]);
  });

  test('creating a room: one transaction', async () => {
    const cost = await costOf(() => alice.createRoom({ name: 'A room', topic: 'What it is about' }));
    expect(cost.commits).toBe(1);
    expect(cost.statements).toBeLessThanOrEqual(STATEMENTS_OF_A_NEW_ROOM);
  });

  test('a message to a device: one transaction', async () => {
    const messages = { [bob.userId]: { [bob.deviceId]: { hello: 'there' } } };
    const cost = await costOf(() => alice.ok('PUT', `/sendToDevice/test/${alice.nextTxn()}`, { messages }));
    expect(cost.commits).toBe(1);
    expect(cost.statements).toBeLessThanOrEqual(6);
  });

  test('a receipt: at most one transaction with one upsert', async () => {
    const path = (eventId: string): string => `/rooms/${encodeURIComponent(roomId)}/receipt/m.read/${encodeURIComponent(eventId)}`;
    const events: string[] = [];
    for (let n = 0; n < 5; n++) events.push(await alice.say(roomId, `${n}`));
    const cost = await costOf(() => bob.ok('POST', path(events.shift() ?? ''), {}));
    expect(cost.commits).toBeLessThanOrEqual(1);
    // begin, synchronous_commit, the fence, the receipt, four tables of unread counts, the log, commit
    expect(cost.statements).toBeLessThanOrEqual(10);
  });
});

describe('what a message costs in bytes', () => {
  test(
    'with its indexes, its transaction id and its part of the log',
    async () => {
      const size = async (): Promise<{ event: number; all: number }> => {
        const [row] = await database.sql<{ event: number; all: number }[]>`
        select pg_total_relation_size('event')::bigint as event, sum(pg_total_relation_size(c.oid))::bigint as all
        from pg_class c join pg_namespace n on n.oid = c.relnamespace where n.nspname = 'public' and c.relkind = 'r'`;
        return row ?? { event: 0, all: 0 };
      };
      const text = 'The quick brown fox jumps over the lazy dog, and nobody in this room is surprised.';
      const send = async (count: number): Promise<void> => {
        for (let sent = 0; sent < count; sent += 50)
          await Promise.all(Array.from({ length: 50 }, (_, n) => (n % 2 ? alice : bob).say(roomId, text)));
      };
      await send(200);
      const before = await size();
      await send(MESSAGES_MEASURED);
      const after = await size();
      expect((after.event - before.event) / MESSAGES_MEASURED).toBeLessThanOrEqual(EVENT_BYTES_PER_MESSAGE);
      expect((after.all - before.all) / MESSAGES_MEASURED).toBeLessThanOrEqual(ALL_BYTES_PER_MESSAGE);
    },
    BYTES_TEST_HANGS_MS,
  );
});
