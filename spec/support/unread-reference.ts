import type { UserId } from '../../src/core/ids/brands.ts';
import { isJsonObject, type JsonObject } from '../../src/core/json/json-value.ts';
import { compileRuleset, evaluate } from '../../src/core/push/compile-ruleset.ts';
import { PushEventView } from '../../src/core/push/push-event-view.ts';
import { mergePushRules, type StoredPushRules } from '../../src/core/push/stored-push-rules.ts';

export interface ReferenceEvent {
  readonly seq: number;
  readonly eventId: string;
  /** Event id of the thread root, or 'main'. */
  readonly thread: string;
  readonly sender: UserId;
  readonly type: string;
  readonly stateKey: string | undefined;
  readonly content: JsonObject;
  readonly roomId: string;
  /** As the room was right after the event. */
  readonly joined: ReadonlySet<UserId>;
  readonly senderPower: number;
  readonly roomNotificationPower: number;
}

interface CountedEvent extends ReferenceEvent {
  readonly outcomes: ReadonlyMap<UserId, { notify: boolean; highlight: boolean }>;
  isRedacted: boolean;
}

export interface ReferenceUser {
  readonly rules: StoredPushRules;
  readonly ignored: ReadonlySet<UserId>;
}

export type ReferenceCounts = { [thread: string]: { notify: number; highlight: number } };

/**
 * Unread counts the slow way: every event is judged for every member by their own complete rules when it arrives, and counted again
 * for every question.
 */
export class UnreadReference {
  readonly #events: CountedEvent[] = [];
  /** Receipts since the user's join. `thread` null: unthreaded. */
  readonly #reads = new Map<UserId, { thread: string | null; seq: number }[]>();

  add(event: ReferenceEvent, userOf: (userId: UserId) => ReferenceUser): void {
    if (event.type === 'm.room.member') {
      const target = event.stateKey as UserId;
      const joins = event.content['membership'] === 'join';
      if (!joins) this.#reads.delete(target);
      else if (!this.#reads.has(target)) this.#reads.set(target, [{ thread: null, seq: event.seq }]);
    }
    const outcomes = new Map([...event.joined].map((userId) => [userId, judge(event, userId, userOf(userId))]));
    this.#events.push({ ...event, outcomes, isRedacted: false });
    if (event.stateKey === undefined) this.read(event.sender, event.thread, event.seq);
  }

  read(userId: UserId, thread: string | null, seq: number): void {
    this.#reads.get(userId)?.push({ thread, seq });
  }

  redact(eventId: string): void {
    for (const event of this.#events) if (event.eventId === eventId) event.isRedacted = true;
  }

  counts(userId: UserId): ReferenceCounts {
    const counts: ReferenceCounts = {};
    for (const event of this.#events) {
      const outcome = event.outcomes.get(userId);
      const isRead = (this.#reads.get(userId) ?? []).some(
        (read) => event.seq <= read.seq && (read.thread === null || read.thread === event.thread),
      );
      if (event.isRedacted || isRead || outcome === undefined || !outcome.notify) continue;
      const count = (counts[event.thread] ??= { notify: 0, highlight: 0 });
      count.notify += 1;
      if (outcome.highlight) count.highlight += 1;
    }
    return counts;
  }
}

function judge(event: ReferenceEvent, userId: UserId, user: ReferenceUser): { notify: boolean; highlight: boolean } {
  if (user.ignored.has(event.sender)) return { notify: false, highlight: false };
  const content = isJsonObject(event.content) ? event.content : {};
  const view = new PushEventView({
    type: event.type,
    sender: event.sender,
    room_id: event.roomId,
    content,
    ...(event.stateKey === undefined ? {} : { state_key: event.stateKey }),
  });
  return evaluate(compileRuleset(mergePushRules(user.rules, userId), { userId }), {
    event: view,
    userId,
    displayName: null,
    roomMemberCount: event.joined.size,
    senderPower: event.senderPower,
    notificationsPower: () => event.roomNotificationPower,
  });
}
