import type { JsonObject } from '../../../core/json/json-value.ts';
import { PushEventView } from '../../../core/push/push-event-view.ts';
import type { PushRulesSlot } from '../../../plugin-api/slots.ts';
import { DEFAULT_PROGRAM } from './member-programs.ts';

/** More than two: whether a room has exactly two members changes the sound, not whether the predefined rules notify. */
const MEMBERS = 1000;

/**
 * Whether the running counts count an event: what the predefined rules say to somebody whom it does not name. Rules that ask for the
 * sender's power only add highlights to messages that notify anyway; where they do more, an exception for everybody says so.
 */
export function notifiesByDefault(
  event: { type: string; stateKey: string | undefined; content: JsonObject },
  evaluate: PushRulesSlot['evaluate'],
): boolean {
  const view = new PushEventView({
    type: event.type,
    content: event.content,
    ...(event.stateKey === undefined ? {} : { state_key: event.stateKey }),
  });
  const context = { event: view, userId: null, displayName: null, roomMemberCount: MEMBERS };
  return evaluate(DEFAULT_PROGRAM, { ...context, senderPower: 0, notificationsPower: () => Infinity }).notify;
}
