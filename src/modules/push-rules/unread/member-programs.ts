import { LRUCache } from 'lru-cache';
import type { RoomId, UserId } from '../../../core/ids/brands.ts';
import { compileRuleset, evaluate, type PushProgram } from '../../../core/push/compile-ruleset.ts';
import { defaultPushRules } from '../../../core/push/default-rules.ts';
import { programKey } from '../../../core/push/program-key.ts';
import { PushEventView } from '../../../core/push/push-event-view.ts';
import { mergePushRules, type StoredPushRules } from '../../../core/push/stored-push-rules.ts';

/** Compiled programs that are kept; users with equal rules share one. */
const PROGRAMS_MAX = 10_000;

/** The predefined rules name their owner; a program of nobody in particular is for whoever an event does not name. */
const NOBODY = '@:';

export const DEFAULT_PROGRAM: PushProgram = compileRuleset(defaultPushRules(NOBODY), { userId: NOBODY });
export const DEFAULT_KEY = programKey(defaultPushRules(NOBODY), { userId: NOBODY });

export interface KeyedProgram {
  readonly key: string;
  readonly program: PushProgram;
  /** An ordinary message does not notify: the room is muted, or only mentions count. */
  readonly isQuiet: boolean;
}

/** Compiles a user's rules for one room; rules about other rooms do not keep users from sharing a program. */
export class ProgramCompiler {
  readonly #programs = new LRUCache<string, KeyedProgram>({ max: PROGRAMS_MAX });

  compile(userId: UserId, rules: StoredPushRules, roomId: RoomId): KeyedProgram {
    const owner = { userId, roomId };
    const ruleset = mergePushRules(rules, userId);
    const key = programKey(ruleset, owner);
    let compiled = this.#programs.get(key);
    if (compiled === undefined) {
      const program = compileRuleset(ruleset, owner);
      compiled = { key, program, isQuiet: isQuiet(program, roomId) };
      this.#programs.set(key, compiled);
    }
    return compiled;
  }
}

/** Members of the imagined room in which a program is asked whether it is quiet; rules for rooms of two do not apply there. */
const PROBE_MEMBERS = 1000;

function isQuiet(program: PushProgram, roomId: RoomId): boolean {
  const message = { type: 'm.room.message', sender: NOBODY, room_id: roomId, content: { msgtype: 'm.text', body: '' } };
  const { notify } = evaluate(program, {
    event: new PushEventView(message),
    userId: null,
    displayName: null,
    roomMemberCount: PROBE_MEMBERS,
    senderPower: 0,
    notificationsPower: () => Infinity,
  });
  return !notify;
}
