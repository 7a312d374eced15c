import type { PushProgram } from './compile-ruleset.ts';
import type { PushEventView } from './push-event-view.ts';

/**
 * Users whose own id can change the result of a program for this event: the mentioned and the invited ones, and the sender. For everyone
 * else with this program `evaluate` with `userId: null` gives their result, unless the program `usesDisplayName`.
 */
export function namedUsers(program: PushProgram, event: PushEventView): Set<string> {
  const users = new Set<string>();
  if (event.sender !== undefined) users.add(event.sender);
  for (const path of program.userPaths) {
    const value = event.at(path);
    for (const candidate of Array.isArray(value) ? value : [value]) {
      if (typeof candidate === 'string') users.add(candidate);
    }
  }
  return users;
}
