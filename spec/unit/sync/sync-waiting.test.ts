import { describe, expect, it } from 'vitest';
import type { UserId } from '../../../src/core/ids/brands.ts';
import type { SyncInput } from '../../../src/sync/sync-service.ts';
import { COALESCE_MS } from '../../../src/sync/notifier.ts';
import { ALICE, BOB, CAROL, labels, type SyncAnswer, SyncWorld } from '../../support/sync-world.ts';

/** A long poll and whether it has been answered. */
function park(
  world: SyncWorld,
  user: UserId,
  since: string,
  more: Partial<SyncInput> = {},
): { done: () => boolean; answer: Promise<SyncAnswer> } {
  let finished = false;
  const answer = world.get(user, since, { timeoutMs: 30_000, ...more }).finally(() => {
    finished = true;
  });
  return { done: () => finished, answer };
}

describe('a long poll', () => {
  it('ends with a message in a joined room, and not with one elsewhere', async () => {
    const world = new SyncWorld();
    const room = world.createRoom('a', ALICE, { members: [BOB] });
    const elsewhere = world.createRoom('b', CAROL);
    const { next_batch: since } = await world.get(ALICE);
    const poll = park(world, ALICE, since);
    await world.clock.advance(0);
    world.say(elsewhere, CAROL, 'not for Alice');
    await world.clock.advance(1000);
    expect(poll.done()).toBe(false);
    world.say(room, BOB, 'hello');
    const { rooms } = await poll.answer;
    expect(labels(rooms?.join?.[room]?.timeline.events)).toEqual(['hello']);
  });

  it('ends with an invite, and with the first message of a room joined meanwhile', async () => {
    const world = new SyncWorld();
    const room = world.createRoom('a', BOB);
    const { next_batch: since } = await world.get(ALICE);
    const first = park(world, ALICE, since);
    await world.clock.advance(0);
    world.member(room, ALICE, 'invite', BOB);
    const invited = await first.answer;
    expect(Object.keys(invited.rooms?.invite ?? {})).toEqual([room]);
    world.member(room, ALICE, 'join');
    const joined = await park(world, ALICE, invited.next_batch).answer;
    const second = park(world, ALICE, joined.next_batch);
    await world.clock.advance(0);
    world.say(room, BOB, 'welcome');
    expect(labels((await second.answer).rooms?.join?.[room]?.timeline.events)).toEqual(['welcome']);
  });

  it('returns an empty answer with a token when the time is over', async () => {
    const world = new SyncWorld();
    world.createRoom('a', ALICE);
    const { next_batch: since } = await world.get(ALICE);
    const poll = park(world, ALICE, since);
    await world.clock.advance(29_999);
    expect(poll.done()).toBe(false);
    await world.clock.advance(1);
    expect(await poll.answer).toEqual({ next_batch: since });
  });

  it('stops when the client goes away', async () => {
    const world = new SyncWorld();
    const { next_batch: since } = await world.get(ALICE);
    const client = new AbortController();
    const poll = park(world, ALICE, since, { signal: client.signal });
    await world.clock.advance(0);
    client.abort();
    await poll.answer;
    expect(world.clock.pending).toBe(0);
  });

  it('is answered at once when the server stops, and so is the next one', async () => {
    const world = new SyncWorld();
    world.createRoom('a', ALICE);
    const { next_batch: since } = await world.get(ALICE);
    const poll = park(world, ALICE, since);
    await world.clock.advance(0);
    expect(poll.done()).toBe(false);
    world.sync.drain();
    expect(await poll.answer).toEqual({ next_batch: since });
    expect(await park(world, ALICE, since).answer).toEqual({ next_batch: since });
    expect(world.clock.pending).toBe(0);
  });

  it('does not miss what happens while the answer is being built', async () => {
    let world: SyncWorld | null = null;
    let interfere = false;
    const stream = {
      name: 'meddler',
      contribute: async () => {
        if (interfere) {
          interfere = false;
          world?.say('!a:weft.test' as never, BOB, 'in between');
        }
        return null;
      },
    };
    world = new SyncWorld({ streams: [stream] });
    const room = world.createRoom('a', ALICE, { members: [BOB] });
    const { next_batch: since } = await world.get(ALICE);
    interfere = true;
    const { rooms } = await park(world, ALICE, since).answer;
    expect(labels(rooms?.join?.[room]?.timeline.events)).toEqual(['in between']);
  });

  it('carries receipts and typing that come close together in one answer', async () => {
    let contributions = 0;
    const receipts = {
      name: 'receipt',
      contribute: ({ from, to }: { from: number | null; to: number }) => {
        contributions++;
        return from !== null && to > from
          ? { rooms: new Map([[room, { ephemeral: [{ type: 'm.receipt', content: { upTo: to } }] }]]) }
          : null;
      },
    };
    const world = new SyncWorld({ streams: [receipts] });
    const room = world.createRoom('a', ALICE, { members: [BOB] });
    const { next_batch: since } = await world.get(ALICE);
    const poll = park(world, ALICE, since);
    await world.clock.advance(0);
    contributions = 0;
    for (let index = 0; index < 5; index++) {
      world.log({ stream: 'receipt', rooms: [room] });
      await world.clock.advance(5);
    }
    expect(poll.done()).toBe(false);
    expect(contributions).toBe(0);
    await world.clock.advance(COALESCE_MS);
    const answer = await poll.answer;
    expect(answer.rooms?.join?.[room]?.ephemeral?.events).toEqual([{ type: 'm.receipt', content: { upTo: world.position } }]);
    expect(contributions).toBe(1);
  });

  it('sleeps through streams that never wake', async () => {
    const world = new SyncWorld({ streams: [{ name: 'silent', wakes: false, contribute: () => null }] });
    const { next_batch: since } = await world.get(ALICE);
    const poll = park(world, ALICE, since);
    await world.clock.advance(0);
    world.forgetCounts();
    world.log({ stream: 'silent', users: [ALICE] });
    await world.clock.advance(1000);
    expect(poll.done()).toBe(false);
  });

  it('wakes every member of a large room', async () => {
    const world = new SyncWorld();
    const users = Array.from({ length: 700 }, (_, index) => `@u${index}:weft.test` as UserId);
    const room = world.createRoom('a', ALICE, { members: users });
    const since = `s1_${world.position}`;
    const polls = users.map((user) => park(world, user, since));
    await world.clock.advance(0);
    world.say(room, ALICE, 'all');
    await world.clock.advance(10);
    await Promise.all(polls.map(({ answer }) => answer));
    expect(polls.every(({ done }) => done())).toBe(true);
  });
});

describe('tokens', () => {
  it.each(['x', 's2_1', 's1_-1', 's1_1_2', 's1_99999999999999999999'])('refuses %s', async (since) => {
    await expect(new SyncWorld().get(ALICE, since)).rejects.toMatchObject({ errcode: 'M_INVALID_PARAM' });
  });

  it('gives everything anew for a token from after the end of the log', async () => {
    const world = new SyncWorld();
    const room = world.createRoom('a', ALICE);
    expect((await world.get(ALICE, `s1_${world.position + 10}`)).rooms?.join?.[room]).toBeDefined();
  });

  it('refuses a filter id that the user has not stored', async () => {
    const world = new SyncWorld();
    world.filters.set('known', { room: { rooms: [] } });
    await expect(world.get(ALICE, null, { filter: 'unknown' })).rejects.toMatchObject({ errcode: 'M_INVALID_PARAM' });
    world.createRoom('a', ALICE);
    expect((await world.get(ALICE, null, { filter: 'known' })).rooms).toBeUndefined();
  });
});

describe('streams', () => {
  it('continue to-device messages where they were cut, and acknowledge only what came back', async () => {
    const queue = [1, 2, 3, 4, 5].map((at) => ({ at, json: JSON.stringify({ type: 'm.dummy', sender: BOB, content: { at } }) }));
    const acknowledged: number[] = [];
    const toDevice = {
      name: 'to_device',
      contribute: ({ from }: { from: number | null }) => {
        const page = queue.filter(({ at }) => at > (from ?? 0)).slice(0, 2);
        const last = page.at(-1);
        if (last === undefined) return null;
        return { toDevice: page.map(({ json }) => json), ...(last.at < 5 ? { toDeviceTo: last.at } : {}) };
      },
      acknowledge: (_user: UserId, _device: string, upTo: number) => void acknowledged.push(upTo),
    };
    const world = new SyncWorld({ streams: [toDevice], position: 10 });
    const room = world.createRoom('a', ALICE);
    const seen: unknown[] = [];
    let since: string | null = null;
    for (let index = 0; index < 3; index++) {
      const answer: SyncAnswer = await world.get(ALICE, since, { timeoutMs: 30_000 });
      expect(answer.rooms?.join?.[room] === undefined).toBe(index > 0);
      seen.push(...(answer.to_device?.events ?? []).map((event) => (event['content'] as { at: number }).at));
      since = answer.next_batch;
    }
    expect(seen).toEqual([1, 2, 3, 4, 5]);
    expect(acknowledged).toEqual([2, 4]);
    await world.get(ALICE, since);
    expect(acknowledged.at(-1)).toBe(world.position);
  });

  it('are told who came into sight and who left it', async () => {
    const seen: { appeared: UserId[]; vanished: UserId[] }[] = [];
    const stream = {
      name: 'e2ee',
      contribute: ({
        membershipChanges: { appeared, vanished },
      }: {
        membershipChanges: { appeared: ReadonlySet<UserId>; vanished: ReadonlySet<UserId> };
      }) => {
        seen.push({ appeared: [...appeared], vanished: [...vanished] });
        return { top: { device_one_time_keys_count: { signed_curve25519: 7 } } };
      },
    };
    const world = new SyncWorld({ streams: [stream] });
    const room = world.createRoom('a', ALICE, { members: [CAROL] });
    let { next_batch: since } = await world.get(ALICE);
    world.member(room, BOB, 'join');
    world.member(room, CAROL, 'leave');
    since = (await world.get(ALICE, since)).next_batch;
    expect(seen.at(-1)).toEqual({ appeared: [BOB], vanished: [CAROL] });
    world.member(room, BOB, 'join', BOB, { displayname: 'B' });
    since = (await world.get(ALICE, since)).next_batch;
    expect(seen.at(-1)).toEqual({ appeared: [], vanished: [] });
    world.member(room, ALICE, 'leave');
    const answer = await world.get(ALICE, since);
    expect(seen.at(-1)).toEqual({ appeared: [], vanished: [BOB] });
    expect(answer.device_one_time_keys_count).toEqual({ signed_curve25519: 7 });
  });

  it('are filtered, and their room fields go to rooms of the answer only', async () => {
    const world = new SyncWorld({
      streams: [
        {
          name: 'presence',
          contribute: () => ({ presence: [ALICE, BOB].map((sender) => ({ type: 'm.presence', sender, content: {} })) }),
          decorate: async (_request, rooms) =>
            new Map(rooms.map((room) => [room, { fields: { unread_notifications: { notification_count: 1 } } }])),
        },
        {
          name: 'account_data',
          contribute: () => ({
            accountData: [
              { type: 'a', content: {} },
              { type: 'b', content: {} },
            ],
          }),
        },
      ],
    });
    const room = world.createRoom('a', ALICE);
    const quiet = world.createRoom('b', ALICE);
    const { next_batch: since } = await world.get(ALICE);
    world.say(room, ALICE, 'hello');
    const answer = await world.get(ALICE, since, { filterJson: { presence: { not_senders: [ALICE] }, account_data: { types: ['b'] } } });
    expect(answer.presence?.events).toEqual([{ type: 'm.presence', sender: BOB, content: {} }]);
    expect(answer.account_data?.events).toEqual([{ type: 'b', content: {} }]);
    expect(answer.rooms?.join?.[room]?.unread_notifications).toEqual({ notification_count: 1 });
    expect(answer.rooms?.join?.[quiet]).toBeUndefined();
  });

  it('mark the user as online unless told otherwise', async () => {
    const world = new SyncWorld();
    await world.get(ALICE);
    await world.get(ALICE, null, { setPresence: 'unavailable' });
    await world.get(ALICE, null, { setPresence: 'offline' });
    expect(world.touches).toEqual([`${ALICE} online`, `${ALICE} unavailable`]);
  });

  it('tell of the user as it is after the sign of life, so that the next request waits', async () => {
    const world = new SyncWorld();
    const touched = Promise.withResolvers<void>();
    world.touching = () => touched.promise;
    const answer = world.get(ALICE);
    const room = world.createRoom('a', ALICE);
    touched.resolve();
    expect((await answer).rooms?.join).toHaveProperty([room]);
  });
});

describe('what the server adds to events', () => {
  it('is age, membership, the replaced state, and the transaction id of the own device', async () => {
    const world = new SyncWorld();
    const room = world.createRoom('a', ALICE, { members: [BOB] });
    const old = world.state(room, ALICE, 'm.room.topic', { topic: 'old' });
    const { next_batch: since } = await world.get(ALICE);
    world.state(room, ALICE, 'm.room.topic', { topic: 'new' });
    const sent = world.say(room, ALICE, 'mine', { txnId: 't1' });
    world.relations.set(sent.eventId, '{"m.thread":{"count":2}}');
    await world.clock.advance(1234);
    const [topic, mine] = (await world.get(ALICE, since)).rooms?.join?.[room]?.timeline.events ?? [];
    expect(topic?.unsigned).toEqual({ age: 1234, membership: 'join', prev_content: { topic: 'old' }, replaces_state: old.eventId });
    expect(mine?.unsigned).toEqual({ age: 1234, membership: 'join', transaction_id: 't1', 'm.relations': { 'm.thread': { count: 2 } } });
    const [, elsewhere] = (await world.get(ALICE, since, { txnScope: 'LAPTOP' })).rooms?.join?.[room]?.timeline.events ?? [];
    expect(elsewhere?.unsigned).not.toHaveProperty('transaction_id');
    const [, others] = (await world.get(BOB, since)).rooms?.join?.[room]?.timeline.events ?? [];
    expect(others?.unsigned).not.toHaveProperty('transaction_id');
  });

  it('says leave for events from before the first membership', async () => {
    const world = new SyncWorld();
    const room = world.createRoom('a', BOB);
    world.say(room, BOB, 'before');
    world.member(room, ALICE, 'invite', BOB);
    world.member(room, ALICE, 'join');
    const events = (await world.get(ALICE)).rooms?.join?.[room]?.timeline.events ?? [];
    expect(events.map((event) => event.unsigned['membership'])).toEqual(['leave', 'leave', 'leave', 'invite', 'join']);
  });

  it('is the redaction of a redacted event', async () => {
    const world = new SyncWorld();
    const room = world.createRoom('a', ALICE);
    const { next_batch: since } = await world.get(ALICE);
    const redaction = world.redact(room, world.say(room, ALICE, 'regretted'), ALICE);
    const [redacted] = (await world.get(ALICE, since)).rooms?.join?.[room]?.timeline.events ?? [];
    expect(redacted?.content).toEqual({});
    expect(redacted?.unsigned['redacted_because']).toMatchObject({ event_id: redaction.eventId, type: 'm.room.redaction' });
  });

  it('comes with the fields and the format that the filter asks for', async () => {
    const world = new SyncWorld();
    const room = world.createRoom('a', ALICE);
    const { next_batch: since } = await world.get(ALICE);
    world.say(room, ALICE, 'hello');
    const fields = await world.get(ALICE, since, { filterJson: { event_fields: ['content.body', 'sender'] } });
    expect(fields.rooms?.join?.[room]?.timeline.events).toEqual([{ content: { body: 'hello' }, sender: ALICE }]);
    const federation = await world.get(ALICE, since, { filterJson: { event_format: 'federation' } });
    expect(federation.rooms?.join?.[room]?.timeline.events[0]).toHaveProperty('depth');
  });
});

describe('identical initial syncs', () => {
  it('share one piece of work, and keep the answer that nobody waited for', async () => {
    const gate = Promise.withResolvers<null>();
    let built = 0;
    const world = new SyncWorld({
      streams: [
        {
          name: 'slow',
          contribute: async () => {
            built++;
            await gate.promise;
            return null;
          },
        },
      ],
    });
    world.createRoom('a', ALICE);
    const client = new AbortController();
    const first = world.get(ALICE, null, { signal: client.signal });
    const second = world.get(ALICE, null, { signal: client.signal });
    await world.clock.advance(0);
    client.abort();
    gate.resolve(null);
    await Promise.all([first, second]);
    await world.get(ALICE);
    expect(built).toBe(1);
    await world.get(ALICE);
    expect(built).toBe(2);
  });
});
