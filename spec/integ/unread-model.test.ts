import fc from 'fast-check';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { RoomId, UserId } from '../../src/core/ids/brands.ts';
import type { JsonObject } from '../../src/core/json/json-value.ts';
import { noStoredPushRules, type StoredPushRules } from '../../src/core/push/stored-push-rules.ts';
import pushRules from '../../src/modules/push-rules/index.ts';
import type { UnreadCounts } from '../../src/plugin-api/slots.ts';
import type { StoredEvent } from '../../src/plugin-api/stored-event.ts';
import { type TestDatabase, testDatabase } from '../support/database.ts';
import { MiniRoom, miniRoomsPort } from '../support/mini-room.ts';
import { type ModuleHost, moduleHost, SERVER } from '../support/module-host.ts';
import { type ReferenceCounts, UnreadReference } from '../support/unread-reference.ts';

const LOCALS = ['alice', 'bob', 'carol'].map((name) => `@${name}:${SERVER}` as UserId);
const REMOTE = '@remote:elsewhere.test' as UserId;
const EVERYBODY = [...LOCALS, REMOTE];
const ROOM = '!room:weft.test' as RoomId;
const RUNS = 60;
const COMMANDS_MAX = 40;

type Command =
  | { do: 'message'; by: number; body: string; mentions: number[]; atRoom: boolean; thread: number | null; msgtype: string }
  | { do: 'state'; by: number; type: string }
  | { do: 'react'; by: number }
  | { do: 'redact'; by: number; target: number }
  | { do: 'read'; by: number; target: number; scope: 'room' | 'main' | 'thread' }
  | { do: 'leave'; by: number }
  | { do: 'rules'; by: number; kind: 'mute' | 'unmute' | 'keyword' | 'sender' | 'quiet' | 'loud' | 'master' | 'silentMentions' | 'none' }
  | { do: 'ignore'; by: number; whom: number | null }
  | { do: 'restart' }
  | { do: 'check' };

const user = fc.nat({ max: EVERYBODY.length - 1 });
const local = fc.nat({ max: LOCALS.length - 1 });
const anyEvent = fc.nat({ max: 100 });
const command: fc.Arbitrary<Command> = fc.oneof(
  {
    weight: 6,
    arbitrary: fc.record({
      do: fc.constant('message' as const),
      by: user,
      body: fc.constantFrom('hello', 'cake for all', 'lunch'),
      mentions: fc.subarray([0, 1, 2, 3]),
      atRoom: fc.boolean(),
      thread: fc.option(fc.nat({ max: 3 })),
      msgtype: fc.constantFrom('m.text', 'm.text', 'm.notice'),
    }),
  },
  fc.record({ do: fc.constant('state' as const), by: user, type: fc.constantFrom('m.room.tombstone', 'm.room.topic') }),
  fc.record({ do: fc.constant('react' as const), by: user }),
  fc.record({ do: fc.constant('redact' as const), by: user, target: anyEvent }),
  {
    weight: 3,
    arbitrary: fc.record({
      do: fc.constant('read' as const),
      by: local,
      target: anyEvent,
      scope: fc.constantFrom('room' as const, 'main' as const, 'thread' as const),
    }),
  },
  fc.record({ do: fc.constant('leave' as const), by: local }),
  {
    weight: 2,
    arbitrary: fc.record({
      do: fc.constant('rules' as const),
      by: local,
      kind: fc.constantFrom('mute', 'unmute', 'keyword', 'sender', 'quiet', 'loud', 'master', 'silentMentions', 'none'),
    }) as fc.Arbitrary<Command>,
  },
  fc.record({ do: fc.constant('ignore' as const), by: local, whom: fc.option(user) }),
  fc.record({ do: fc.constant('restart' as const) }),
  { weight: 2, arbitrary: fc.record({ do: fc.constant('check' as const) }) },
);

const message = (by: number): Command => ({
  do: 'message',
  by,
  body: 'hello',
  mentions: [],
  atRoom: false,
  thread: null,
  msgtype: 'm.text',
});
/** Chance seldom reads in the middle of a muted stretch. */
const READ_WHILE_MUTED: Command[] = [
  message(0),
  { do: 'rules', by: 1, kind: 'mute' },
  message(0),
  message(3),
  { do: 'read', by: 1, target: 7, scope: 'room' },
  message(0),
  { do: 'rules', by: 1, kind: 'unmute' },
  message(0),
  message(3),
];

let database: TestDatabase;
beforeAll(async () => {
  database = await testDatabase();
});
afterAll(() => database[Symbol.asyncDispose]());

test('counts from the running totals and exceptions equal those of judging every event for every member', async () => {
  let nid = 0;
  await fc.assert(
    fc.asyncProperty(fc.array(command, { minLength: 3, maxLength: COMMANDS_MAX }), async (commands) => {
      await using world = new World(++nid);
      await world.open();
      for (const each of commands) await world.run(each);
      await world.check();
      await world.restart();
      await world.check();
    }),
    { numRuns: RUNS, examples: [[READ_WHILE_MUTED]] },
  );
});

class World implements AsyncDisposable {
  readonly #room: MiniRoom;
  readonly #reference = new UnreadReference();
  readonly #rules = new Map<UserId, StoredPushRules>();
  readonly #ignored = new Map<UserId, Set<UserId>>();
  readonly #messages: StoredEvent[] = [];
  #host: ModuleHost | null = null;

  constructor(nid: number) {
    this.#room = new MiniRoom({ roomId: `${ROOM}${nid}` as RoomId, nid });
  }

  get host(): ModuleHost {
    if (this.#host === null) throw new Error('not open');
    return this.#host;
  }

  async open(): Promise<void> {
    await database.sql`truncate push_rules, read_marker, unread_exception, unread_muted`;
    await this.#start(0);
    const creator = LOCALS[0] as UserId;
    await this.#send({ sender: creator, type: 'm.room.create', stateKey: '', content: {} });
    for (const userId of EVERYBODY) await this.#member(userId, 'join');
    await this.#send({
      sender: creator,
      type: 'm.room.power_levels',
      stateKey: '',
      content: { users: { [creator]: 100 }, notifications: { room: 50 } },
    });
  }

  async restart(): Promise<void> {
    const position = this.host.commits.position;
    await this.host[Symbol.asyncDispose]();
    await this.#start(position);
  }

  async run(command: Command): Promise<void> {
    const sender = 'by' in command ? (EVERYBODY[command.by] as UserId) : REMOTE;
    if ('by' in command && command.do !== 'rules' && command.do !== 'ignore' && this.#room.membership(sender) !== 'join') {
      await this.#member(sender, 'join');
    }
    switch (command.do) {
      case 'message': {
        const root = command.thread === null ? undefined : this.#messages.filter((event) => event.thread === null)[command.thread];
        const mentions: JsonObject = { user_ids: command.mentions.map((index) => EVERYBODY[index] as UserId) };
        if (command.atRoom) mentions['room'] = true;
        const content: JsonObject = { msgtype: command.msgtype, body: command.body, 'm.mentions': mentions };
        this.#messages.push(await this.#send({ sender, type: 'm.room.message', content, ...(root === undefined ? {} : { thread: root }) }));
        return;
      }
      case 'state':
        await this.#send({ sender, type: command.type, stateKey: '', content: {} });
        return;
      case 'react':
        await this.#send({ sender, type: 'm.reaction', content: {} });
        return;
      case 'redact': {
        const target = this.#messages[command.target % Math.max(1, this.#messages.length)];
        if (target === undefined) return;
        await this.#send({ sender, type: 'm.room.redaction', content: {}, redacts: target });
        this.#reference.redact(target.eventId);
        return;
      }
      case 'read':
        await this.#read(sender, command);
        return;
      case 'leave':
        await this.#member(sender, 'leave');
        return;
      case 'rules':
        await this.#setRules(sender, command.kind);
        return;
      case 'ignore': {
        const whom = command.whom === null ? undefined : EVERYBODY[command.whom];
        this.#ignored.set(sender, new Set(whom === undefined || whom === sender ? [] : [whom]));
        await this.host.emit('accountDataChanged', { userId: sender, roomId: null, type: 'm.ignored_user_list' });
        return;
      }
      case 'restart':
        await this.restart();
        return;
      case 'check':
        await this.check();
        return;
    }
  }

  async check(): Promise<void> {
    for (const userId of LOCALS) {
      if (this.#room.membership(userId) !== 'join') continue;
      const counts = await this.host.slot('pushRules')?.counts(userId, this.#room.info.roomId);
      expect({ userId, counts: flat(counts) }).toEqual({ userId, counts: this.#reference.counts(userId) });
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#host?.[Symbol.asyncDispose]();
  }

  async #start(position: number): Promise<void> {
    this.#host = await moduleHost({
      database,
      plugins: [pushRules],
      position,
      rooms: miniRoomsPort([this.#room]),
      slots: {
        ignoredUsers: {
          ignoredBy: async (userId) => this.#ignored.get(userId) ?? new Set(),
          ignoredByMany: async (userIds) => new Map([...this.#ignored].filter(([userId]) => userIds.includes(userId))),
        },
      },
    });
    this.#room.attach(this.#host);
  }

  async #member(userId: UserId, membership: 'join' | 'leave'): Promise<void> {
    await this.#send({ sender: userId, type: 'm.room.member', stateKey: userId, content: { membership } });
  }

  async #send(draft: Parameters<MiniRoom['send']>[0]): Promise<StoredEvent> {
    const event = await this.#room.send(draft);
    const root = draft.thread?.eventId;
    this.#reference.add(
      {
        seq: event.seq ?? 0,
        eventId: event.eventId,
        thread: root ?? 'main',
        sender: event.sender,
        type: event.type,
        stateKey: event.stateKey,
        content: draft.content,
        roomId: this.#room.info.roomId,
        joined: new Set([...this.#room.joined].filter((userId) => userId !== REMOTE)),
        senderPower: event.sender === LOCALS[0] ? 100 : 0,
        roomNotificationPower: 50,
      },
      (userId) => ({ rules: this.#rules.get(userId) ?? noStoredPushRules(), ignored: this.#ignored.get(userId) ?? new Set() }),
    );
    return event;
  }

  async #read(userId: UserId, command: { target: number; scope: 'room' | 'main' | 'thread' }): Promise<void> {
    const event = this.#room.events[command.target % this.#room.events.length];
    if (event === undefined) return;
    const scope = command.scope === 'thread' ? (event.thread ?? 'main') : command.scope;
    const read = this.host.slot('pushRules')?.markRead({ userId, event, scope });
    if (read === null || read === undefined) throw new Error('the event takes part in counting');
    await this.host.commits.commit({
      stream: 'receipt',
      durability: 'relaxed',
      writes: read.writes,
      rooms: [this.#room.info.roomId],
      live: {},
      onCommitted: read.committed,
    });
    const thread = scope === 'room' ? null : scope === 'main' ? 'main' : (this.#room.events[scope - 1]?.eventId ?? 'main');
    this.#reference.read(userId, thread, event.seq ?? 0);
  }

  async #setRules(userId: UserId, kind: Extract<Command, { do: 'rules' }>['kind']): Promise<void> {
    const room = encodeURIComponent(this.#room.info.roomId);
    const call = async (method: 'PUT' | 'DELETE', path: string, body: JsonObject = {}): Promise<void> => {
      const as = { userId, deviceId: null };
      await this.host.request({ method, path: `/_matrix/client/v3/pushrules/global/${path}`, as, body });
    };
    const highlight: JsonObject = { set_tweak: 'highlight' };
    if (kind === 'mute')
      await call('PUT', `override/mute`, {
        actions: [],
        conditions: [{ kind: 'event_match', key: 'room_id', pattern: this.#room.info.roomId }],
      });
    else if (kind === 'unmute') await call('DELETE', 'override/mute');
    else if (kind === 'keyword') await call('PUT', 'content/cake', { actions: ['notify', highlight], pattern: 'cake' });
    else if (kind === 'sender') await call('PUT', `sender/${encodeURIComponent(REMOTE)}`, { actions: [] });
    else if (kind === 'quiet') await call('PUT', `room/${room}`, { actions: [] });
    else if (kind === 'loud') await call('PUT', `room/${room}`, { actions: ['notify', highlight] });
    else if (kind === 'silentMentions') await call('PUT', 'override/.m.rule.is_user_mention/actions', { actions: ['notify'] });
    else if (kind === 'master') await call('PUT', 'override/.m.rule.master/enabled', { enabled: true });
    else {
      await call('PUT', 'override/.m.rule.master/enabled', { enabled: false });
      await call('DELETE', `room/${room}`);
      await call('DELETE', 'content/cake');
    }
    const [row] = await database.sql<{ rules: string }[]>`select rules from push_rules where user_id = ${userId}`;
    if (row !== undefined) this.#rules.set(userId, JSON.parse(row.rules) as StoredPushRules);
  }
}

function flat(counts: UnreadCounts | undefined): ReferenceCounts {
  const all: ReferenceCounts = Object.fromEntries(counts?.threads ?? []);
  if (counts !== undefined && counts.main.notify > 0) all['main'] = counts.main;
  return all;
}
