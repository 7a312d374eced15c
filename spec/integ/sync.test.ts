import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { DeviceId, RoomId, UserId } from '../../src/core/ids/brands.ts';
import type { SyncInput } from '../../src/sync/sync-service.ts';
import { type TestDatabase, testDatabase } from '../support/database.ts';
import { type Engine, openEngine } from '../support/engine.ts';
import { labels, type SyncAnswer } from '../support/sync-world.ts';

const PHONE = 'PHONE' as DeviceId;

describe('sync over the real engine', () => {
  let database: TestDatabase;
  let engine: Engine;
  let counter = 0;
  beforeAll(async () => {
    database = await testDatabase();
    engine = await openEngine(database);
  });
  afterAll(async () => {
    await engine[Symbol.asyncDispose]();
    await database[Symbol.asyncDispose]();
  });

  const user = (name: string): UserId => `@${name}${counter++}:weft.test` as UserId;
  const create = async (
    creator: UserId,
    more: { name?: string; invite?: UserId[]; preset?: 'public_chat' | 'private_chat' } = {},
  ): Promise<RoomId> => {
    const { roomId } = await engine.rooms.create(
      {
        creator,
        version: '12',
        preset: more.preset ?? 'public_chat',
        creationContent: {},
        initialState: [],
        powerLevelOverride: null,
        name: more.name ?? null,
        topic: null,
        invite: more.invite ?? [],
        isDirect: false,
        alias: null,
      },
      { publish: false },
    );
    return roomId;
  };
  const say = (roomId: RoomId, sender: UserId, body: string, txnId?: string): Promise<unknown> =>
    engine.rooms.send({
      roomId,
      sender,
      type: 'm.room.message',
      content: { body, msgtype: 'm.text' },
      ...(txnId === undefined ? {} : { txn: { scope: PHONE, id: txnId } }),
    });
  const get = async (userId: UserId, since: string | null = null, more: Partial<SyncInput> = {}): Promise<SyncAnswer> =>
    JSON.parse(
      await engine.sync.sync({
        userId,
        deviceId: PHONE,
        txnScope: PHONE,
        isGuest: false,
        since,
        filter: null,
        fullState: false,
        setPresence: 'online',
        timeoutMs: 0,
        stateKeys: ['state'],
        signal: new AbortController().signal,
        ...more,
      }),
    ) as SyncAnswer;

  it('follows a room from its creation', async () => {
    const alice = user('alice');
    const room = await create(alice, { name: 'Room' });
    const first = await get(alice);
    const section = first.rooms?.join?.[room];
    const all = [...labels(section?.state?.events), ...labels(section?.timeline.events)];
    expect(all).toContain('m.room.create|');
    expect(all).toContain(`m.room.member|${alice}`);
    expect(section?.summary).toMatchObject({ 'm.joined_member_count': 1 });
    await say(room, alice, 'hello', 'txn1');
    const next = await get(alice, first.next_batch);
    const [event] = next.rooms?.join?.[room]?.timeline.events ?? [];
    expect(event?.content['body']).toBe('hello');
    expect(event?.unsigned).toMatchObject({ membership: 'join', transaction_id: 'txn1' });
    expect((await get(alice, next.next_batch)).rooms).toBeUndefined();
  });

  it('wakes a parked sync', async () => {
    const [alice, bob] = [user('alice'), user('bob')];
    const room = await create(alice);
    await engine.rooms.setMembership({ roomId: room, sender: bob, target: bob, membership: 'join' });
    const { next_batch: since } = await get(alice);
    const parked = get(alice, since, { timeoutMs: 60_000 });
    await say(room, bob, 'wake up');
    expect(labels((await parked).rooms?.join?.[room]?.timeline.events)).toEqual(['wake up']);
  });

  it('sends no SQL for an incremental sync of a warm room', async () => {
    const [alice, bob] = [user('alice'), user('bob')];
    const room = await create(alice);
    await engine.rooms.setMembership({ roomId: room, sender: bob, target: bob, membership: 'join' });
    const { next_batch: since } = await get(alice);
    await say(room, bob, 'one');
    await say(room, alice, 'two', 'txn2');
    const before = engine.statements();
    const answer = await get(alice, since);
    expect(engine.statements() - before).toBe(0);
    expect(labels(answer.rooms?.join?.[room]?.timeline.events)).toEqual(['one', 'two']);
  });

  it('shows an invite, the room once joined, and the departure', async () => {
    const [alice, bob] = [user('alice'), user('bob')];
    const start = await get(bob);
    const room = await create(alice, { name: 'Private', preset: 'private_chat', invite: [bob] });
    const invited = await get(bob, start.next_batch);
    const stripped = invited.rooms?.invite?.[room]?.invite_state.events ?? [];
    expect(stripped.map((event) => event['type'])).toEqual(expect.arrayContaining(['m.room.create', 'm.room.name', 'm.room.join_rules']));
    expect(stripped.at(-1)).toMatchObject({ type: 'm.room.member', state_key: bob, content: { membership: 'invite' } });
    await engine.rooms.setMembership({ roomId: room, sender: bob, target: bob, membership: 'join' });
    const joined = await get(bob, invited.next_batch);
    const section = joined.rooms?.join?.[room];
    expect([...labels(section?.state?.events), ...labels(section?.timeline.events)]).toContain('m.room.create|');
    await say(room, alice, 'bye');
    await engine.rooms.setMembership({ roomId: room, sender: alice, target: bob, membership: 'leave' });
    await say(room, alice, 'alone');
    const left = await get(bob, joined.next_batch);
    expect(labels(left.rooms?.leave?.[room]?.timeline.events)).toEqual(['bye', `m.room.member|${bob}`]);
  });

  it('gives the same answers after a restart', async () => {
    const alice = user('alice');
    const room = await create(alice);
    const { next_batch: since } = await get(alice);
    for (let index = 0; index < 15; index++) await say(room, alice, String(index));
    await engine.rooms.send({ roomId: room, sender: alice, type: 'm.room.topic', stateKey: '', content: { topic: 'new' } });
    const warm = await get(alice, since);
    await engine[Symbol.asyncDispose]();
    engine = await openEngine(database);
    const cold = await get(alice, since);
    expect(labels(cold.rooms?.join?.[room]?.timeline.events)).toEqual(labels(warm.rooms?.join?.[room]?.timeline.events));
    expect(labels(cold.rooms?.join?.[room]?.state?.events)).toEqual(labels(warm.rooms?.join?.[room]?.state?.events));
    expect(cold.rooms?.join?.[room]?.timeline.limited).toBe(true);
  });

  it('tells a device the transaction ids of its own messages, after a restart too', async () => {
    const alice = user('alice');
    const room = await create(alice);
    const { next_batch: since } = await get(alice);
    await say(room, alice, 'hello', 'txn 1');
    const ids = async () => (await get(alice, since)).rooms?.join?.[room]?.timeline.events.map((event) => event.unsigned?.transaction_id);
    expect(await ids()).toEqual(['txn 1']);
    await engine[Symbol.asyncDispose]();
    engine = await openEngine(database);
    expect(await ids()).toEqual(['txn 1']);
  });

  it('reads an initial sync of many rooms with a constant number of statements', async () => {
    const alice = user('alice');
    const counts: number[] = [];
    for (const more of [3, 20]) {
      for (let index = 0; index < more; index++) await say(await create(alice), alice, 'hello');
      await engine[Symbol.asyncDispose]();
      engine = await openEngine(database);
      await get(alice);
      counts.push(engine.statements());
    }
    expect(counts[1]).toBe(counts[0]);
  });
});
