// The harness first: it silences the SDK's log.
import { loginSession, registerSession, type SdkStartOptions, type Session, startClient } from '../support/sdk-client.ts';
import {
  ConditionKind,
  EventTimeline,
  EventType,
  JoinRule,
  KnownMembership,
  type MatrixClient,
  type MatrixEvent,
  MsgType,
  NotificationCountType,
  Preset,
  ReceiptType,
  RelationType,
  type Room,
  Visibility,
} from 'matrix-js-sdk';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { ApiClient } from '../support/api-client.ts';
import { type SdkNode, startSdkNode } from '../support/sdk-node.ts';
import { bodies, catchUp, roomOf, scrollBack } from '../support/sdk-timeline.ts';
import { until } from '../support/sdk-wait.ts';

let node: SdkNode;
const cleanUp = new AsyncDisposableStack();
let people = 0;

beforeAll(async () => {
  node = cleanUp.use(await startSdkNode());
});
afterAll(() => cleanUp.disposeAsync());

const OTHERS = 10;

type Client = MatrixClient & Disposable;

/** A person with one device; the name gets a number, because all tests share the server. */
async function person(name: string, options: SdkStartOptions = {}, fetch?: typeof globalThis.fetch): Promise<Client> {
  const session = await registerSession(node, `${name}${++people}`);
  return device(session, options, fetch);
}

async function device(session: Session, options: SdkStartOptions = {}, fetch?: typeof globalThis.fetch): Promise<Client> {
  return cleanUp.use(await startClient({ url: node.url, ...(fetch === undefined ? {} : { fetch }) }, session, options));
}

async function secondDevice(client: MatrixClient, options: SdkStartOptions = {}): Promise<Client> {
  return device(await loginSession(node, client.getUserIdLocalpart() ?? ''), options);
}

/** A person who has no client that syncs. */
async function bystander(): Promise<ApiClient> {
  const { accessToken: token, ...session } = await registerSession(node, `bystander${++people}`);
  return new ApiClient({ url: node.url, token, ...session });
}

/** A private room that all are in. */
async function roomWith(owner: MatrixClient, ...others: MatrixClient[]): Promise<string> {
  const { room_id: roomId } = await owner.createRoom({ preset: Preset.PublicChat, visibility: Visibility.Private });
  for (const other of others) await other.joinRoom(roomId);
  for (const client of [owner, ...others]) {
    await until('all are in', () => client.getRoom(roomId)?.getJoinedMemberCount() === others.length + 1);
  }
  return roomId;
}

async function send(client: MatrixClient, roomId: string, body: string, more: object = {}): Promise<string> {
  const { event_id: eventId } = await client.sendMessage(roomId, { msgtype: MsgType.Text, body, ...more } as never);
  return eventId;
}

function seen(client: MatrixClient, roomId: string, eventId: string): Promise<MatrixEvent> {
  return until(`${client.getUserId()} sees ${eventId}`, () => client.getRoom(roomId)?.findEventById(eventId));
}

function membership(client: MatrixClient, roomId: string, userId: string): string | undefined {
  return client.getRoom(roomId)?.getMember(userId)?.membership;
}

describe('messages that belong to others', () => {
  test('an edit replaces a text, for those who were there and for a device that comes later', async () => {
    const [alice, bob] = [await person('alice'), await person('bob')];
    const roomId = await roomWith(alice, bob);
    const original = await send(alice, roomId, 'teh cat');
    await alice.sendMessage(roomId, {
      msgtype: MsgType.Text,
      body: '* the cat',
      'm.new_content': { msgtype: MsgType.Text, body: 'the cat' },
      'm.relates_to': { rel_type: RelationType.Replace, event_id: original },
    } as never);
    await until('Bob sees the edit', async () => (await seen(bob, roomId, original)).getContent().body === 'the cat');
    const later = await secondDevice(bob);
    await until('a new device sees the edit', async () => (await seen(later, roomId, original)).getContent().body === 'the cat');
  });

  test('reactions are counted by key, and a redacted one is not', async () => {
    const [alice, bob] = [await person('alice'), await person('bob')];
    const roomId = await roomWith(alice, bob);
    const eventId = await send(alice, roomId, 'lunch?');
    await seen(bob, roomId, eventId);
    const react = (client: MatrixClient, key: string) =>
      client.sendEvent(roomId, EventType.Reaction, { 'm.relates_to': { rel_type: RelationType.Annotation, event_id: eventId, key } });
    await react(alice, '👍');
    const { event_id: mine } = await react(bob, '👍');
    await react(bob, '🎉');
    const counts = () => {
      const relations = alice.getRoom(roomId)?.relations.getChildEventsForEvent(eventId, RelationType.Annotation, EventType.Reaction);
      return (relations?.getSortedAnnotationsByKey() ?? []).map(([key, events]) => `${key} ${events.size}`).toSorted();
    };
    await until('Alice sees three reactions', () => counts().join() === ['🎉 1', '👍 2'].toSorted().join());
    await bob.redactEvent(roomId, mine);
    await until('Alice sees two reactions', () => counts().join() === ['🎉 1', '👍 1'].toSorted().join());
  });

  test('replies name what they answer; a redaction takes the text from everybody', async () => {
    const [alice, bob] = [await person('alice'), await person('bob')];
    const roomId = await roomWith(alice, bob);
    const question = await send(alice, roomId, 'who is there?');
    const answer = await send(bob, roomId, 'me', { 'm.relates_to': { 'm.in_reply_to': { event_id: question } } });
    expect((await seen(alice, roomId, answer)).replyEventId).toBe(question);
    await alice.redactEvent(roomId, question, undefined, { reason: 'asked too late' });
    const event = await seen(bob, roomId, question);
    await until('Bob sees the redaction', () => event.isRedacted());
    expect(event.getContent()).toEqual({});
    expect(event.getUnsigned().redacted_because?.content).toMatchObject({ reason: 'asked too late' });
  });

  test('a thread has its own timeline and summary', async () => {
    const [alice, bob] = [await person('alice'), await person('bob')];
    const roomId = await roomWith(alice, bob);
    const root = await send(alice, roomId, 'a long story');
    await seen(bob, roomId, root);
    const inThread = { 'm.relates_to': { rel_type: RelationType.Thread, event_id: root } };
    const first = await send(bob, roomId, 'tell', inThread);
    const second = await send(alice, roomId, 'once upon a time', inThread);
    const thread = await until('Bob has the thread', () => bob.getRoom(roomId)?.getThread(root));
    await until('the thread has two replies', () => thread.length === 2 && thread.replyToEvent?.getId() === second);
    expect(
      bob
        .getRoom(roomId)
        ?.getLiveTimeline()
        .getEvents()
        .map((event) => event.getId()),
    ).not.toContain(first);
    const later = await secondDevice(bob);
    const found = await until('a new device finds the thread', async () => {
      const room = await roomOf(later, roomId);
      await room.createThreadsTimelineSets();
      await room.fetchRoomThreads();
      return room.getThread(root);
    });
    await until('with both replies', () => found.length === 2);
  });
});

describe('what is unread', () => {
  const counts = (room: Room, threadId?: string) => {
    const of = (type: NotificationCountType): number =>
      threadId === undefined ? room.getRoomUnreadNotificationCount(type) : room.getThreadUnreadNotificationCount(threadId, type);
    return `${of(NotificationCountType.Total)}/${of(NotificationCountType.Highlight)}`;
  };

  test('is counted for the main timeline and for each thread, and cleared by the receipts for it', async () => {
    const [alice, bob] = [await person('alice'), await person('bob')];
    const roomId = await roomWith(alice, bob);
    const room = await roomOf(bob, roomId);
    const is = (main: string, threads: { [threadId: string]: string } = {}) =>
      until(`${main} in the main timeline, ${JSON.stringify(threads)}`, () => {
        const now = [counts(room), ...Object.keys(threads).map((id) => counts(room, id))].join();
        if (now !== [main, ...Object.values(threads)].join()) throw new Error(`it is ${now}`);
        return true;
      });
    await is('0/0');
    const root = await send(alice, roomId, 'one');
    await is('1/0');
    const mention = { 'm.mentions': { user_ids: [bob.getSafeUserId()] } };
    const two = await send(alice, roomId, 'two', mention);
    await is('2/1');
    await alice.sendNotice(roomId, 'notices do not notify');
    await alice.sendEvent(roomId, EventType.Reaction, { 'm.relates_to': { rel_type: RelationType.Annotation, event_id: two, key: '👍' } });
    const inThread = { 'm.relates_to': { rel_type: RelationType.Thread, event_id: root } };
    await send(alice, roomId, 'in a thread', inThread);
    await is('2/1', { [root]: '1/0' });
    const other = await send(alice, roomId, 'three');
    const inOther = { 'm.relates_to': { rel_type: RelationType.Thread, event_id: other } };
    const reply = await send(alice, roomId, 'in another thread', { ...inThread, ...mention });
    await send(alice, roomId, 'and one more', inOther);
    await is('3/1', { [root]: '2/1', [other]: '1/0' });

    await bob.sendReceipt(await seen(bob, roomId, reply), ReceiptType.Read);
    await is('3/1', { [root]: '0/0', [other]: '1/0' });
    await bob.sendReceipt(await seen(bob, roomId, two), ReceiptType.ReadPrivate);
    await is('1/0', { [root]: '0/0', [other]: '1/0' });
    const last = await send(alice, roomId, 'four');
    await is('2/0', { [other]: '1/0' });
    await bob.sendReceipt(await seen(bob, roomId, last), ReceiptType.Read, {}, true);
    await is('0/0', { [root]: '0/0', [other]: '0/0' });
  });

  test('receipts are seen by others unless they are private, and the fully-read marker by the own devices only', async () => {
    const [alice, bob] = [await person('alice'), await person('bob')];
    const roomId = await roomWith(alice, bob);
    const [one, two] = [await send(alice, roomId, 'one'), await send(alice, roomId, 'two')];
    const readByBob = async (eventId: string): Promise<boolean> =>
      (await roomOf(alice, roomId)).getUsersReadUpTo(await seen(alice, roomId, eventId)).includes(bob.getSafeUserId());
    await bob.sendReceipt(await seen(bob, roomId, one), ReceiptType.Read);
    await until('Alice sees how far Bob has read', () => readByBob(one));
    await bob.setRoomReadMarkers(roomId, two, undefined, await seen(bob, roomId, two));
    const second = await secondDevice(bob);
    const marker = await until('the marker is on the second device', async () => {
      return (await roomOf(second, roomId)).getAccountData(EventType.FullyRead)?.getContent().event_id;
    });
    expect(marker).toBe(two);
    expect((await roomOf(second, roomId)).getUnreadNotificationCount()).toBe(0);
    // What comes after the private receipt would have brought a public one.
    await catchUp(alice, roomId);
    const three = await send(bob, roomId, 'three');
    await seen(alice, roomId, three);
    expect(await readByBob(two)).toBe(false);
  });

  test('a muted room does not notify, and a keyword does', async () => {
    const [alice, bob] = [await person('alice'), await person('bob')];
    const roomId = await roomWith(alice, bob);
    const room = await roomOf(bob, roomId);
    await bob.addPushRule('global', 'override' as never, 'mute', {
      conditions: [{ kind: ConditionKind.EventMatch, key: 'room_id', pattern: roomId }],
      actions: [],
    });
    await seen(bob, roomId, await send(alice, roomId, 'quiet'));
    await bob.deletePushRule('global', 'override' as never, 'mute');
    await bob.addPushRule('global', 'content' as never, 'tea', {
      pattern: 'tea',
      actions: ['notify' as never, { set_tweak: 'highlight' } as never],
    });
    await seen(bob, roomId, await send(alice, roomId, 'Tea, anyone?'));
    await until('the keyword highlights', () => counts(room) === '1/1');
    const second = await secondDevice(bob);
    expect(second.pushRules?.global.content?.find((rule) => rule.rule_id === 'tea')?.pattern).toBe('tea');
  });
});

describe('people', () => {
  test('typing begins and ends; presence reaches those who share a room', async () => {
    const [alice, bob] = [await person('alice'), await person('bob')];
    const roomId = await roomWith(alice, bob);
    const isTyping = () => bob.getRoom(roomId)?.getMember(alice.getSafeUserId())?.typing;
    await alice.sendTyping(roomId, true, 30_000);
    await until('Alice types', () => isTyping() === true);
    await alice.sendTyping(roomId, false, 0);
    await until('Alice stops typing', () => isTyping() === false);
    await alice.setPresence({ presence: 'online', status_msg: 'at the sea' });
    await until('Bob sees where Alice is', () => bob.getUser(alice.getSafeUserId())?.presenceStatusMsg === 'at the sea');
    expect(bob.getUser(alice.getSafeUserId())?.presence).toBe('online');
  });

  test('a new display name is seen in every room', async () => {
    const [alice, bob] = [await person('alice'), await person('bob')];
    const rooms = [await roomWith(alice, bob), await roomWith(bob, alice)];
    await alice.setDisplayName('Alice in Wonderland');
    for (const roomId of rooms) {
      await until('Bob sees the name', () => bob.getRoom(roomId)?.getMember(alice.getSafeUserId())?.name === 'Alice in Wonderland');
    }
    expect((await bob.getProfileInfo(alice.getSafeUserId())).displayname).toBe('Alice in Wonderland');
  });

  test('invite and refuse, invite and join, kick, ban, and leave', async () => {
    const [alice, bob] = [await person('alice'), await person('bob')];
    const bobId = bob.getSafeUserId();
    const { room_id: roomId } = await alice.createRoom({ preset: Preset.PrivateChat, name: 'The den' });
    const mine = (want: string) => until(`Bob's own membership is ${want}`, () => bob.getRoom(roomId)?.getMyMembership() === want);
    const theirs = (want: string) => until(`Alice sees ${want}`, () => membership(alice, roomId, bobId) === want);

    await expect(bob.joinRoom(roomId)).rejects.toMatchObject({ errcode: 'M_FORBIDDEN' });
    await alice.invite(roomId, bobId);
    await mine(KnownMembership.Invite);
    expect(bob.getRoom(roomId)?.name).toBe('The den');
    await bob.leave(roomId);
    await theirs(KnownMembership.Leave);
    await mine(KnownMembership.Leave);
    await alice.invite(roomId, bobId);
    await mine(KnownMembership.Invite);
    await bob.joinRoom(roomId);
    await theirs(KnownMembership.Join);
    await mine(KnownMembership.Join);
    await alice.kick(roomId, bobId, 'too loud');
    await mine(KnownMembership.Leave);
    expect(bob.getRoom(roomId)?.getMember(bobId)?.events.member?.getContent().reason).toBe('too loud');
    await alice.ban(roomId, bobId);
    await mine(KnownMembership.Ban);
    await expect(alice.invite(roomId, bobId)).rejects.toMatchObject({ errcode: 'M_FORBIDDEN' });
    await alice.unban(roomId, bobId);
    await theirs(KnownMembership.Leave);
    await alice.invite(roomId, bobId);
    await mine(KnownMembership.Invite);
    await bob.joinRoom(roomId);
    await mine(KnownMembership.Join);
    await bob.leave(roomId);
    await mine(KnownMembership.Leave);
    await bob.forget(roomId);
    expect(bob.getRoom(roomId)).toBeNull();
  });

  test('knock, be let in, and talk', async () => {
    const [alice, bob] = [await person('alice'), await person('bob')];
    const { room_id: roomId } = await alice.createRoom({
      initial_state: [{ type: EventType.RoomJoinRules, state_key: '', content: { join_rule: JoinRule.Knock } }],
    });
    await bob.knockRoom(roomId, { reason: 'it is cold outside' });
    await until('Alice hears the knock', () => membership(alice, roomId, bob.getSafeUserId()) === KnownMembership.Knock);
    await until('Bob waits', () => bob.getRoom(roomId)?.getMyMembership() === KnownMembership.Knock);
    await alice.invite(roomId, bob.getSafeUserId());
    await until('Bob is let in', () => bob.getRoom(roomId)?.getMyMembership() === KnownMembership.Invite);
    await bob.joinRoom(roomId);
    await seen(alice, roomId, await send(bob, roomId, 'thank you'));
  });
});

describe('what came while nobody looked', () => {
  test('a gap is filled by scrolling back, in order and without duplicates', async () => {
    let gate: Promise<void> = Promise.resolve();
    const fetch: typeof globalThis.fetch = async (input, init) => {
      if (new URL(input instanceof Request ? input.url : input).pathname.endsWith('/sync')) await gate;
      return globalThis.fetch(input, init);
    };
    const [alice, bob] = [await person('alice'), await person('bob', {}, fetch)];
    const roomId = await roomWith(alice, bob);
    const said: string[] = [];
    const talk = async (count: number): Promise<void> => {
      for (let n = 0; n < count; n++) {
        said.push(`message ${said.length}`);
        await send(alice, roomId, String(said.at(-1)));
      }
    };
    await talk(5);
    await catchUp(bob, roomId);
    const { promise, resolve: open } = Promise.withResolvers<void>();
    gate = promise;
    // The first ends the poll that is under way.
    await talk(40);
    open();
    await catchUp(bob, roomId);
    const room = await roomOf(bob, roomId);
    expect(room.getLiveTimeline().getEvents().length, 'the gap is real').toBeLessThan(said.length);
    expect(bodies(await scrollBack(bob, roomId))).toEqual(said);
  });

  test('with lazy loading a device knows those who speak, and the others when it asks', async () => {
    const owner = await person('owner');
    const roomId = await roomWith(owner);
    // The server names five people of a room without being asked, so there have to be more.
    const others = await Promise.all(Array.from({ length: OTHERS }, () => bystander()));
    for (const other of others) await other.join(roomId);
    const speaker = others.at(-1);
    if (speaker === undefined) throw new Error('nobody is there');
    for (let n = 0; n < 12; n++) await speaker.say(roomId, `speech ${n}`);
    const lazy = await secondDevice(owner, { lazyLoadMembers: true, initialSyncLimit: 5 });
    const room = await roomOf(lazy, roomId);
    const known = () => room.getLiveTimeline().getState(EventTimeline.FORWARDS)?.getMembers().length;
    expect(room.getJoinedMemberCount()).toBe(OTHERS + 1);
    expect(known()).toBeLessThan(OTHERS);
    expect(room.getMember(speaker.userId)?.membership).toBe(KnownMembership.Join);
    await room.loadMembersIfNeeded();
    expect(known()).toBe(OTHERS + 1);
  });
});

describe('settings', () => {
  test('account data, tags and ignored people are the same on all devices of a person', async () => {
    const alice = await person('alice');
    const bob = await person('bob');
    const second = await secondDevice(alice);
    const roomId = await roomWith(alice, bob);
    await alice.setAccountData(EventType.Direct, { [bob.getSafeUserId()]: [roomId] });
    await alice.setRoomTag(roomId, 'm.favourite', { order: 0.25 });
    await until(
      'the direct chats are there',
      () => second.getAccountData(EventType.Direct)?.getContent()[bob.getSafeUserId()]?.[0] === roomId,
    );
    await until('the tag is there', () => second.getRoom(roomId)?.tags['m.favourite']?.order === 0.25);
    await alice.deleteRoomTag(roomId, 'm.favourite');
    await until('the tag is gone', () => second.getRoom(roomId)?.tags['m.favourite'] === undefined);
    await alice.setIgnoredUsers([bob.getSafeUserId()]);
    await until('Bob is ignored everywhere', () => second.isUserIgnored(bob.getSafeUserId()));
    await send(bob, roomId, 'do you hear me?');
    const own = await send(alice, roomId, 'is it quiet here');
    await seen(second, roomId, own);
    expect(bodies(second.getRoom(roomId)?.getLiveTimeline().getEvents() ?? [])).not.toContain('do you hear me?');
  });

  test('a stored filter is given back as it was stored', async () => {
    const alice = await person('alice');
    const definition = { room: { timeline: { limit: 3, not_types: ['m.sticker'] } } };
    const filter = await alice.createFilter(definition);
    const read = await alice.getFilter(alice.getSafeUserId(), String(filter.filterId), false);
    expect(read.getDefinition()).toEqual(definition);
  });
});
