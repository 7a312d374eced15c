import type { UserId } from '../../core/ids/brands.ts';
import type { PushRuleset } from '../../core/push/push-rule.ts';
import { evaluate } from '../../core/push/compile-ruleset.ts';
import { PushEventView } from '../../core/push/push-event-view.ts';
import { mergePushRules } from '../../core/push/stored-push-rules.ts';
import { write } from '../../plugin-api/commit.ts';
import type { RoomsPort } from '../../plugin-api/ports.ts';
import type { IgnoredUsersSlot, PushRulesSlot, ReadMark } from '../../plugin-api/slots.ts';
import type { StoredEvent } from '../../plugin-api/stored-event.ts';
import { ALL_THREADS, MAIN_THREAD, receiptMarkerWriter } from './store.ts';
import { NOTHING } from './unread/count.ts';
import { ProgramCompiler } from './unread/member-programs.ts';
import { notifiesByDefault } from './unread/notifies-by-default.ts';
import { notificationsPower, roomCreators, senderPower } from './unread/sender-power.ts';
import type { UnreadCounts } from './unread/unread-counts.ts';
import { threadsByRoot } from './unread/unread-stream.ts';
import type { UserRules } from './user-rules.ts';

export interface PushRulesProviderDeps {
  readonly rules: UserRules;
  readonly counts: UnreadCounts;
  readonly rooms: RoomsPort;
  readonly ignored: () => IgnoredUsersSlot | null;
  /** Evaluates: this provider itself, or the plug-in that took the slot over. */
  readonly evaluator: () => Pick<PushRulesSlot, 'evaluate'> | null;
}

/** What the rest of the server asks of push rules. */
export class PushRulesProvider implements PushRulesSlot {
  readonly evaluate = evaluate;
  readonly #deps: PushRulesProviderDeps;
  readonly #compiler = new ProgramCompiler();

  constructor(deps: PushRulesProviderDeps) {
    this.#deps = deps;
  }

  notifiesByDefault(event: Parameters<PushRulesSlot['notifiesByDefault']>[0]): boolean {
    return notifiesByDefault(event, (program, context) => this.#evaluator.evaluate(program, context));
  }

  async rulesetOf(userId: UserId): Promise<PushRuleset> {
    return mergePushRules(await this.#deps.rules.of(userId), userId);
  }

  async rulesContent(userId: UserId) {
    return { global: await this.rulesetOf(userId) };
  }

  async actionsFor(userId: UserId, event: StoredEvent) {
    const { rooms, rules, ignored } = this.#deps;
    if ((await ignored()?.ignoredBy(userId))?.has(event.sender)) return [];
    const { program } = this.#compiler.compile(userId, await rules.of(userId), event.roomId);
    const info = await rooms.info(event.roomId);
    if (info === null) return [];
    const [levels, member, joined, creators] = await Promise.all([
      rooms.stateEvent(event.roomId, 'm.room.power_levels', ''),
      program.usesDisplayName ? rooms.stateEvent(event.roomId, 'm.room.member', userId) : null,
      rooms.joinedMembers(event.roomId),
      roomCreators(rooms, info),
    ]);
    const powerLevels = levels === null ? undefined : rooms.content(levels);
    const displayName = member === null ? undefined : rooms.content(member)['displayname'];
    const view = new PushEventView({
      event_id: event.eventId,
      room_id: event.roomId,
      type: event.type,
      sender: event.sender,
      content: rooms.content(event),
      origin_server_ts: event.ts,
      ...(event.stateKey === undefined ? {} : { state_key: event.stateKey }),
    });
    return this.#evaluator.evaluate(program, {
      event: view,
      userId,
      displayName: typeof displayName === 'string' ? displayName : null,
      roomMemberCount: joined.size,
      senderPower: senderPower(event.sender, creators, powerLevels),
      notificationsPower: (key) => notificationsPower(key, creators.version, powerLevels),
    }).actions;
  }

  async counts(...[userId, roomId]: Parameters<PushRulesSlot['counts']>) {
    const info = await this.#deps.rooms.info(roomId);
    const threads = info === null ? undefined : (await this.#deps.counts.of(userId, [{ roomId, nid: info.nid }])).get(roomId);
    if (threads === undefined) return { main: NOTHING, threads: new Map<string, typeof NOTHING>() };
    return { main: threads.get(MAIN_THREAD) ?? NOTHING, threads: await threadsByRoot(this.#deps.rooms, roomId, threads) };
  }

  markRead({ userId, event, scope }: ReadMark) {
    const { seq, roomId, roomNid } = event;
    if (seq === null) return null;
    const thread = scope === 'room' ? ALL_THREADS : scope === 'main' ? MAIN_THREAD : scope;
    return {
      writes: [write(receiptMarkerWriter, { userId, roomNid, thread, seq })],
      committed: () => this.#deps.counts.markRead(roomId, userId, thread, seq),
    };
  }

  get #evaluator(): Pick<PushRulesSlot, 'evaluate'> {
    return this.#deps.evaluator() ?? this;
  }
}
