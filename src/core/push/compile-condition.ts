import { compileGlob, containsWords, foldCase } from '../matching/glob.ts';
import type { PropertyPath } from '../matching/property-path.ts';
import type { NormalCondition } from './normalise-ruleset.ts';
import type { PushEventView } from './push-event-view.ts';
import { testMemberCount } from './room-member-count.ts';

/** What a rule can ask about, apart from the rule itself. */
export interface PushContext {
  readonly event: PushEventView;
  /** `null` runs the program for a user whom the event does not name and who did not send it. */
  readonly userId: string | null;
  /** The owner's display name in the room. */
  readonly displayName: string | null;
  /** Joined members. */
  readonly roomMemberCount: number;
  /** The sender's power level; infinite for creators from room version 12 on. */
  readonly senderPower: number;
  /** The level that a kind of notification needs, e.g. `room`. */
  readonly notificationsPower: (key: string) => number;
}

export type PushTest = (context: PushContext) => boolean;

/** https://spec.matrix.org/v1.19/client-server-api/#conditions-1 */
export function compileCondition(condition: NormalCondition): PushTest {
  switch (condition.test) {
    case 'match':
      return compileMatch(condition.path, condition.pattern);
    case 'is':
      return ({ event }) => event.at(condition.path) === condition.value;
    case 'contains':
      return ({ event }) => holds(event.at(condition.path), condition.value);
    case 'user_is':
      return ({ event, userId }) => userId !== null && event.at(condition.path) === userId;
    case 'user_in':
      return ({ event, userId }) => userId !== null && holds(event.at(condition.path), userId);
    case 'display_name':
      return containsDisplayName;
    case 'member_count':
      return ({ roomMemberCount }) => testMemberCount(condition.count, roomMemberCount);
    case 'permission':
      return ({ senderPower, notificationsPower }) => senderPower >= notificationsPower(condition.key);
  }
}

const BODY: PropertyPath = ['content', 'body'];

/** `content.body` is searched for whole words; every other property has to match from end to end. */
function compileMatch(path: PropertyPath, pattern: string): PushTest {
  const isBody = path.length === BODY.length && BODY.every((name, index) => path[index] === name);
  const matches = compileGlob(pattern, { match: isBody ? 'words' : 'whole', ignoreCase: true });
  return ({ event }) => {
    const value = event.foldedAt(path);
    return value !== null && matches(value);
  };
}

function holds(list: unknown, value: unknown): boolean {
  return Array.isArray(list) && list.includes(value);
}

/** Wildcard characters in a display name stand for themselves. */
function containsDisplayName({ event, displayName }: PushContext): boolean {
  if (displayName === null || displayName === '') return false;
  const body = event.foldedAt(BODY);
  return body !== null && containsWords(body, foldCase(displayName));
}
