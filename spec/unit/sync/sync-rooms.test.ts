import { describe, expect, it } from 'vitest';
import type { UserId } from '../../../src/core/ids/brands.ts';
import { ALICE, BOB, CAROL, labels, SyncWorld } from '../../support/sync-world.ts';

const LIMIT_2 = { room: { timeline: { limit: 2 } } };

describe('an initial sync', () => {
  it('gives the newest events and the state before them', async () => {
    const world = new SyncWorld();
    const room = world.createRoom('a', ALICE);
    world.state(room, ALICE, 'm.room.topic', { topic: 'old' });
    world.say(room, ALICE, 'one');
    world.state(room, ALICE, 'm.room.topic', { topic: 'new' });
    const answer = await world.get(ALICE, null, { filterJson: LIMIT_2 });
    const section = answer.rooms?.join?.[room];
    expect(labels(section?.timeline.events)).toEqual(['one', 'm.room.topic|']);
    expect(section?.timeline.limited).toBe(true);
    expect(section?.timeline.prev_batch).toMatch(/^t\d+_\d+$/);
    expect(section?.state?.events.find((event) => event.type === 'm.room.topic')?.content).toEqual({ topic: 'old' });
  });

  it('has an empty state when the timeline holds the whole room', async () => {
    const world = new SyncWorld();
    const room = world.createRoom('a', ALICE);
    const section = (await world.get(ALICE)).rooms?.join?.[room];
    expect(labels(section?.timeline.events)).toEqual(['m.room.create|', `m.room.member|${ALICE}`]);
    expect(section?.timeline.limited).toBe(false);
    expect(section?.state?.events).toEqual([]);
  });

  it('needs the same few set queries for one room and for many', async () => {
    const counts: Record<string, number>[] = [];
    for (const rooms of [1, 40]) {
      const world = new SyncWorld();
      for (let index = 0; index < rooms; index++) world.createRoom(`r${index}`, ALICE);
      world.forgetCounts();
      await world.get(ALICE, null, { filterJson: { room: { timeline: { limit: 1 } } } });
      const { views, latest, eventsOfRooms, roomsOf, warmMembers } = world.calls;
      counts.push({
        views: views ?? 0,
        latest: latest ?? 0,
        eventsOfRooms: eventsOfRooms ?? 0,
        roomsOf: roomsOf ?? 0,
        warmMembers: warmMembers ?? 0,
      });
    }
    expect(counts[1]).toEqual(counts[0]);
    expect(counts[0]).toEqual({ views: 1, latest: 1, eventsOfRooms: 1, roomsOf: 1, warmMembers: 1 });
  });

  it('shows left rooms only when the filter includes them, and forgotten rooms never', async () => {
    const world = new SyncWorld();
    const left = world.createRoom('left', BOB, { members: [ALICE] });
    const forgotten = world.createRoom('forgotten', BOB, { members: [ALICE] });
    world.member(left, ALICE, 'leave');
    world.say(left, BOB, 'after the departure');
    world.member(forgotten, ALICE, 'leave');
    world.forgotten.add(forgotten);
    expect((await world.get(ALICE)).rooms?.leave).toBeUndefined();
    const answer = await world.get(ALICE, null, { filterJson: { room: { include_leave: true } } });
    expect(Object.keys(answer.rooms?.leave ?? {})).toEqual([left]);
    expect(labels(answer.rooms?.leave?.[left]?.timeline.events).at(-1)).toBe(`m.room.member|${ALICE}`);
  });

  it('does not tell the state of a room whose invite was declined', async () => {
    const world = new SyncWorld();
    const room = world.createRoom('secret', BOB);
    world.state(room, BOB, 'm.room.topic', { topic: 'secret' });
    world.member(room, ALICE, 'invite', BOB);
    world.member(room, ALICE, 'leave');
    const answer = await world.get(ALICE, null, { filterJson: { room: { include_leave: true } } });
    expect(answer.rooms?.leave?.[room]?.state?.events).toEqual([]);
    expect(labels(answer.rooms?.leave?.[room]?.timeline.events)).toEqual([`m.room.member|${ALICE}`]);
  });
});

describe('an incremental sync', () => {
  it('tells a client that asked for the state after the timeline of a departure from a room that the user was not in', async () => {
    const world = new SyncWorld();
    const room = world.createRoom('a', BOB);
    world.member(room, ALICE, 'invite', BOB);
    const { next_batch: since } = await world.get(ALICE);
    world.member(room, ALICE, 'ban', BOB);
    const left = (await world.get(ALICE, since, { stateKeys: ['state_after'] })).rooms?.leave?.[room];
    expect(labels(left?.state_after?.events)).toEqual([`m.room.member|${ALICE}`]);
    expect(labels(left?.timeline.events)).toEqual([`m.room.member|${ALICE}`]);
  });

  it('gives what happened since the token, and nothing when nothing did', async () => {
    const world = new SyncWorld();
    const room = world.createRoom('a', ALICE, { members: [BOB] });
    const quiet = world.createRoom('b', ALICE);
    const { next_batch: since } = await world.get(ALICE);
    world.say(room, BOB, 'hello');
    const answer = await world.get(ALICE, since);
    expect(labels(answer.rooms?.join?.[room]?.timeline.events)).toEqual(['hello']);
    expect(answer.rooms?.join?.[room]?.timeline.limited).toBe(false);
    expect(answer.rooms?.join?.[quiet]).toBeUndefined();
    expect(answer.rooms?.join?.[room]?.summary).toBeUndefined();
    expect((await world.get(ALICE, answer.next_batch)).rooms).toBeUndefined();
  });

  it('answers a repeated token with the same data', async () => {
    const world = new SyncWorld();
    const room = world.createRoom('a', ALICE, { members: [BOB] });
    const { next_batch: since } = await world.get(ALICE);
    world.say(room, BOB, 'hello');
    const first = await world.get(ALICE, since);
    expect(await world.get(ALICE, since)).toEqual(first);
  });

  it('tells the change of state across a gap', async () => {
    const world = new SyncWorld();
    const room = world.createRoom('a', ALICE, { members: [BOB] });
    const { next_batch: since } = await world.get(ALICE);
    world.state(room, ALICE, 'm.room.topic', { topic: 'in the gap' });
    for (const body of ['1', '2', '3']) world.say(room, BOB, body);
    const section = (await world.get(ALICE, since, { filterJson: LIMIT_2 })).rooms?.join?.[room];
    expect(labels(section?.timeline.events)).toEqual(['2', '3']);
    expect(section?.timeline.limited).toBe(true);
    expect(labels(section?.state?.events)).toEqual(['m.room.topic|']);
  });

  it('gives the value from the gap when the timeline changes the same key again', async () => {
    const world = new SyncWorld();
    const room = world.createRoom('a', ALICE);
    const { next_batch: since } = await world.get(ALICE);
    world.state(room, ALICE, 'm.room.topic', { topic: 'gap' });
    world.say(room, ALICE, '1');
    world.state(room, ALICE, 'm.room.topic', { topic: 'shown' });
    const section = (await world.get(ALICE, since, { filterJson: LIMIT_2 })).rooms?.join?.[room];
    expect(section?.state?.events.map((event) => event.content)).toEqual([{ topic: 'gap' }]);
    expect(section?.timeline.events.at(-1)?.content).toEqual({ topic: 'shown' });
  });

  it('puts state that the timeline filter hides into the state section', async () => {
    const world = new SyncWorld();
    const room = world.createRoom('a', ALICE);
    const { next_batch: since } = await world.get(ALICE);
    world.say(room, ALICE, '1');
    world.state(room, ALICE, 'm.room.topic', { topic: 'hidden' });
    const filterJson = { room: { timeline: { types: ['m.room.message'] } } };
    const section = (await world.get(ALICE, since, { filterJson })).rooms?.join?.[room];
    expect(labels(section?.timeline.events)).toEqual(['1']);
    expect(labels(section?.state?.events)).toEqual(['m.room.topic|']);
  });

  it('gives the state after the timeline when asked to', async () => {
    const world = new SyncWorld();
    const room = world.createRoom('a', ALICE);
    const { next_batch: since } = await world.get(ALICE);
    world.state(room, ALICE, 'm.room.topic', { topic: 'new' });
    const section = (await world.get(ALICE, since, { stateKeys: ['state_after'] })).rooms?.join?.[room];
    expect(section?.state).toBeUndefined();
    expect(labels(section?.state_after?.events)).toEqual(['m.room.topic|']);
    expect(labels(section?.timeline.events)).toEqual(['m.room.topic|']);
    world.say(room, ALICE, 'no state');
    const next = (await world.get(ALICE, since, { stateKeys: ['org.matrix.msc4222.state_after'] })).rooms?.join?.[room];
    expect(next).toHaveProperty(['org.matrix.msc4222.state_after', 'events', 'length'], 1);
  });

  it('starts the timeline anew behind events that this server does not have', async () => {
    const world = new SyncWorld();
    const room = world.createRoom('a', ALICE, { members: [BOB] });
    const { next_batch: since } = await world.get(ALICE);
    world.say(room, ALICE, 'before');
    world.say(room, BOB, 'after', { prev: [999] });
    const section = (await world.get(ALICE, since)).rooms?.join?.[room];
    expect(labels(section?.timeline.events)).toEqual(['after']);
    expect(section?.timeline.limited).toBe(true);
  });

  it('treats a room joined since the token as new', async () => {
    const world = new SyncWorld();
    const room = world.createRoom('a', BOB);
    world.say(room, BOB, 'before');
    const { next_batch: since } = await world.get(ALICE);
    world.member(room, ALICE, 'join');
    const section = (await world.get(ALICE, since)).rooms?.join?.[room];
    expect(labels(section?.timeline.events)).toContain('before');
    expect(labels(section?.timeline.events).at(-1)).toBe(`m.room.member|${ALICE}`);
    expect(section?.summary).toEqual({ 'm.heroes': [BOB], 'm.joined_member_count': 2, 'm.invited_member_count': 0 });
  });

  it('does not take a new name for a new room', async () => {
    const world = new SyncWorld();
    const room = world.createRoom('a', ALICE, { members: [BOB] });
    const { next_batch: since } = await world.get(ALICE);
    world.member(room, ALICE, 'join', ALICE, { displayname: 'Al' });
    const section = (await world.get(ALICE, since)).rooms?.join?.[room];
    expect(labels(section?.timeline.events)).toEqual([`m.room.member|${ALICE}`]);
    expect(section?.timeline.limited).toBe(false);
    expect(section?.state?.events).toEqual([]);
  });

  it('shows a room left and joined again as joined and new', async () => {
    const world = new SyncWorld();
    const room = world.createRoom('a', BOB, { members: [ALICE] });
    const { next_batch: since } = await world.get(ALICE);
    world.member(room, ALICE, 'leave');
    world.say(room, BOB, 'meanwhile');
    world.member(room, ALICE, 'join');
    const { rooms } = await world.get(ALICE, since);
    expect(rooms?.leave).toBeUndefined();
    expect(rooms?.join?.[room]?.timeline.limited).toBe(true);
  });

  it('ends a left room at the departure', async () => {
    const world = new SyncWorld();
    const room = world.createRoom('a', BOB, { members: [ALICE] });
    const { next_batch: since } = await world.get(ALICE);
    world.say(room, BOB, 'still there');
    world.member(room, ALICE, 'leave', BOB);
    world.say(room, BOB, 'gone');
    world.state(room, BOB, 'm.room.topic', { topic: 'not for Alice' });
    const answer = await world.get(ALICE, since);
    expect(labels(answer.rooms?.leave?.[room]?.timeline.events)).toEqual(['still there', `m.room.member|${ALICE}`]);
    expect(answer.rooms?.leave?.[room]?.state?.events).toEqual([]);
    expect((await world.get(ALICE, answer.next_batch)).rooms).toBeUndefined();
  });

  it('gives an invite with stripped state, once', async () => {
    const world = new SyncWorld();
    const room = world.createRoom('a', BOB);
    world.state(room, BOB, 'm.room.name', { name: 'Room' });
    world.state(room, BOB, 'm.room.power_levels', {});
    const { next_batch: since } = await world.get(ALICE);
    world.member(room, ALICE, 'invite', BOB);
    const answer = await world.get(ALICE, since);
    const events = answer.rooms?.invite?.[room]?.invite_state.events ?? [];
    expect(events.map((event) => `${event['type'] as string}|${event['state_key'] as string}`)).toEqual([
      'm.room.create|',
      'm.room.name|',
      `m.room.member|${BOB}`,
      `m.room.member|${ALICE}`,
    ]);
    expect(Object.keys(events[0] ?? {}).sort()).toEqual(['content', 'sender', 'state_key', 'type']);
    expect((await world.get(ALICE, answer.next_batch)).rooms).toBeUndefined();
    expect(Object.keys((await world.get(ALICE)).rooms?.invite ?? {})).toEqual([room]);
  });

  it('passes on the stripped state of another server, cut to its four properties', async () => {
    const world = new SyncWorld();
    const room = world.createRoom('a', BOB);
    world.stripped.set(room, [
      { type: 'm.room.name', state_key: '', sender: BOB, content: { name: 'Remote' }, signatures: {} },
      { type: 'm.room.topic', sender: BOB, content: {} },
    ]);
    world.member(room, ALICE, 'invite', BOB);
    const events = (await world.get(ALICE)).rooms?.invite?.[room]?.invite_state.events ?? [];
    expect(events[0]).toEqual({ type: 'm.room.name', state_key: '', sender: BOB, content: { name: 'Remote' } });
    expect(events.map((event) => event['type'])).toEqual(['m.room.name', 'm.room.member']);
  });

  it('gives a knock, and withholds the invite of an ignored user', async () => {
    const world = new SyncWorld();
    const knocked = world.createRoom('a', BOB);
    const spam = world.createRoom('b', CAROL);
    world.ignored.set(ALICE, new Set([CAROL]));
    const { next_batch: since } = await world.get(ALICE);
    world.member(knocked, ALICE, 'knock');
    world.member(spam, ALICE, 'invite', CAROL);
    const { rooms } = await world.get(ALICE, since);
    expect(Object.keys(rooms?.knock ?? {})).toEqual([knocked]);
    expect(rooms?.invite).toBeUndefined();
  });

  it('leaves out what ignored users say, but not the state they set', async () => {
    const world = new SyncWorld();
    const room = world.createRoom('a', ALICE, { members: [BOB] });
    const { next_batch: since } = await world.get(ALICE);
    world.ignored.set(ALICE, new Set([BOB]));
    world.say(room, BOB, 'spam');
    world.state(room, BOB, 'm.room.topic', { topic: 'kept' });
    expect(labels((await world.get(ALICE, since)).rooms?.join?.[room]?.timeline.events)).toEqual(['m.room.topic|']);
  });

  it('hides what history visibility hides', async () => {
    const world = new SyncWorld();
    const room = world.createRoom('a', BOB, { visibility: 'joined' });
    world.say(room, BOB, 'before Alice');
    const { next_batch: since } = await world.get(ALICE);
    world.member(room, ALICE, 'join');
    world.say(room, BOB, 'with Alice');
    const section = (await world.get(ALICE, since)).rooms?.join?.[room];
    expect(labels(section?.timeline.events).slice(-2)).toEqual([`m.room.member|${ALICE}`, 'with Alice']);
    expect(labels(section?.timeline.events)).not.toContain('before Alice');
  });

  it('gives the whole state of every joined room for full_state, and the timeline since the token', async () => {
    const world = new SyncWorld();
    const room = world.createRoom('a', ALICE);
    const { next_batch: since } = await world.get(ALICE);
    const section = (await world.get(ALICE, since, { fullState: true, timeoutMs: 30_000 })).rooms?.join?.[room];
    expect(section?.timeline.events).toEqual([]);
    expect(labels(section?.state?.events)).toEqual(['m.room.create|', `m.room.member|${ALICE}`]);
  });

  it('reads on until a narrow filter has found its limit', async () => {
    const world = new SyncWorld();
    const room = world.createRoom('a', ALICE);
    const { next_batch: since } = await world.get(ALICE);
    for (const body of ['1', '2', '3']) world.say(room, ALICE, body);
    for (let index = 0; index < 30; index++) world.send({ room, type: 'noise' });
    const filterJson = { room: { timeline: { limit: 2, types: ['m.room.*'] } } };
    const section = (await world.get(ALICE, since, { filterJson })).rooms?.join?.[room];
    expect(labels(section?.timeline.events)).toEqual(['2', '3']);
    expect(section?.timeline.limited).toBe(true);
  });

  it.each([
    [{ room: { not_rooms: ['!a:weft.test'] } }, undefined],
    [{ room: { rooms: [] } }, undefined],
    [{ room: { timeline: { not_types: ['m.room.message'] } } }, undefined],
    [{ room: { timeline: { senders: [BOB] } } }, ['from Bob', 'picture']],
    [{ room: { timeline: { not_senders: [BOB] } } }, ['from Alice']],
    [{ room: { timeline: { contains_url: true } } }, ['picture']],
    [{ room: { timeline: { related_by_rel_types: ['m.thread'] } } }, ['from Bob']],
  ])('applies the filter %j', async (filterJson, expected) => {
    const world = new SyncWorld();
    const room = world.createRoom('a', ALICE, { members: [BOB] });
    const { next_batch: since } = await world.get(ALICE);
    const target = world.say(room, BOB, 'from Bob');
    world.say(room, ALICE, 'from Alice', { content: { body: 'from Alice', 'm.relates_to': { event_id: target.eventId } } });
    world.say(room, BOB, 'picture', { content: { body: 'picture', url: 'mxc://a/b' } });
    const section = (await world.get(ALICE, since, { filterJson })).rooms?.join?.[room];
    expect(section && labels(section.timeline.events)).toEqual(expected);
  });

  it('asks nothing about rooms that did not change', async () => {
    const world = new SyncWorld();
    for (let index = 0; index < 200; index++) world.createRoom(`r${index}`, ALICE, { members: [BOB] });
    const changed = world.createRoom('changed', ALICE, { members: [BOB] });
    const { next_batch: since } = await world.get(ALICE);
    world.say(changed, BOB, 'hello');
    world.forgetCounts();
    await world.get(ALICE, since);
    expect([...world.touched]).toEqual([changed]);
    expect(world.calls['latest'] ?? 0).toBe(0);
    expect(world.calls['roomsOf'] ?? 0).toBe(0);
  });

  it('finds changed rooms for a token from before the start of the process', async () => {
    const world = new SyncWorld();
    const changed = world.createRoom('a', ALICE);
    const quiet = world.createRoom('b', ALICE);
    const { next_batch: since } = await world.get(ALICE);
    world.say(changed, ALICE, 'before the restart');
    world.cold.add(changed).add(quiet);
    const restarted = world.newService();
    const answer = JSON.parse(await restarted.sync(world.request(ALICE, since))) as Awaited<ReturnType<typeof world.get>>;
    expect(Object.keys(answer.rooms?.join ?? {})).toEqual([changed]);
  });
});

describe('the summary', () => {
  it('counts members again when one comes, and names heroes only while the room has no name', async () => {
    const world = new SyncWorld();
    const room = world.createRoom('a', ALICE, { members: [BOB] });
    const first = await world.get(ALICE);
    expect(first.rooms?.join?.[room]?.summary).toEqual({ 'm.heroes': [BOB], 'm.joined_member_count': 2, 'm.invited_member_count': 0 });
    world.state(room, ALICE, 'm.room.name', { name: 'Named' });
    world.member(room, CAROL, 'invite', ALICE);
    const second = await world.get(ALICE, first.next_batch);
    expect(second.rooms?.join?.[room]?.summary).toEqual({ 'm.joined_member_count': 2, 'm.invited_member_count': 1 });
    world.state(room, ALICE, 'm.room.name', { name: '' });
    const third = await world.get(ALICE, second.next_batch);
    expect(third.rooms?.join?.[room]?.summary).toHaveProperty('m.heroes', [BOB, CAROL]);
  });
});

describe('lazy loading of members', () => {
  const LAZY = { room: { timeline: { limit: 1 }, state: { lazy_load_members: true } } };
  const members = (events: Parameters<typeof labels>[0]): string[] =>
    labels(events)
      .filter((label) => label.startsWith('m.room.member|'))
      .map((label) => label.slice('m.room.member|'.length))
      .sort();

  function crowd(): { world: SyncWorld; room: ReturnType<SyncWorld['createRoom']> } {
    const world = new SyncWorld();
    const others = Array.from({ length: 8 }, (_, index) => `@u${index}:weft.test` as UserId);
    const room = world.createRoom('a', ALICE, { members: [...others, BOB, CAROL] });
    world.state(room, ALICE, 'm.room.name', { name: 'Named' });
    return { world, room };
  }

  it('sends the senders of the timeline and the reader', async () => {
    const { world, room } = crowd();
    world.say(room, BOB, 'hello');
    const section = (await world.get(ALICE, null, { filterJson: LAZY })).rooms?.join?.[room];
    expect(members(section?.state?.events)).toEqual([ALICE, BOB]);
  });

  it('sends a member once, but again when the answer was lost', async () => {
    const { world, room } = crowd();
    const first = await world.get(ALICE, null, { filterJson: LAZY });
    world.say(room, CAROL, 'one');
    const lost = await world.get(ALICE, first.next_batch, { filterJson: LAZY });
    expect(members(lost.rooms?.join?.[room]?.state?.events)).toEqual([CAROL]);
    const again = await world.get(ALICE, first.next_batch, { filterJson: LAZY });
    expect(members(again.rooms?.join?.[room]?.state?.events)).toEqual([CAROL]);
    world.say(room, CAROL, 'two');
    const next = await world.get(ALICE, again.next_batch, { filterJson: LAZY });
    expect(next.rooms?.join?.[room]?.state?.events).toEqual([]);
  });

  it('sends members again when the filter wants redundant ones', async () => {
    const { world, room } = crowd();
    const filterJson = { room: { state: { lazy_load_members: true, include_redundant_members: true } } };
    world.say(room, BOB, 'one');
    const first = await world.get(ALICE, null, { filterJson });
    world.say(room, BOB, 'two');
    const next = await world.get(ALICE, first.next_batch, { filterJson });
    expect(members(next.rooms?.join?.[room]?.state?.events)).toEqual([BOB]);
  });

  it('sends every membership change of a gap', async () => {
    const { world, room } = crowd();
    const first = await world.get(ALICE, null, { filterJson: LAZY });
    world.member(room, BOB, 'leave');
    world.member(room, CAROL, 'join', CAROL, { displayname: 'C' });
    world.say(room, ALICE, 'after');
    const next = await world.get(ALICE, first.next_batch, { filterJson: LAZY });
    expect(members(next.rooms?.join?.[room]?.state?.events)).toEqual([BOB, CAROL]);
  });

  it('sends the heroes of a room without a name', async () => {
    const world = new SyncWorld();
    const room = world.createRoom('a', ALICE, { members: [BOB, CAROL] });
    world.say(room, ALICE, 'hello');
    const section = (await world.get(ALICE, null, { filterJson: LAZY })).rooms?.join?.[room];
    expect(section?.summary).toHaveProperty('m.heroes', [BOB, CAROL]);
    expect(members(section?.state?.events)).toEqual([ALICE, BOB, CAROL]);
  });
});
