import type { UserId } from '../../../core/ids/brands.ts';
import type { PushContext } from '../../../core/push/compile-condition.ts';
import type { PushProgram } from '../../../core/push/compile-ruleset.ts';
import { namedUsers } from '../../../core/push/named-users.ts';
import type { PushRulesSlot } from '../../../plugin-api/slots.ts';
import type { Count } from './count.ts';
import { NOTHING } from './count.ts';
import { DEFAULT_KEY, DEFAULT_PROGRAM, type KeyedProgram } from './member-programs.ts';

/** Runs programs over one event: once per distinct program, and once more for every user whom it could treat differently. */
export class EventOutcomes {
  readonly #context: Omit<PushContext, 'userId' | 'displayName'>;
  readonly #displayNameOf: (userId: UserId) => string | null;
  readonly #evaluate: PushRulesSlot['evaluate'];
  readonly #shared = new Map<string, { readonly named: ReadonlySet<string>; readonly count: Count }>();

  constructor(
    context: Omit<PushContext, 'userId' | 'displayName'>,
    deps: { displayNameOf: (userId: UserId) => string | null; evaluate: PushRulesSlot['evaluate'] },
  ) {
    this.#context = context;
    this.#displayNameOf = deps.displayNameOf;
    this.#evaluate = deps.evaluate;
  }

  /** For a member with the predefined rules whom the event does not name. */
  get ordinary(): Count {
    return this.#sharedOf(DEFAULT_KEY, DEFAULT_PROGRAM).count;
  }

  /** Users whom the predefined rules may treat differently. */
  get named(): ReadonlySet<string> {
    return this.#sharedOf(DEFAULT_KEY, DEFAULT_PROGRAM).named;
  }

  of(userId: UserId, { key, program }: KeyedProgram): Count {
    const shared = this.#sharedOf(key, program);
    return program.usesDisplayName || shared.named.has(userId) ? this.#run(program, userId) : shared.count;
  }

  #sharedOf(key: string, program: PushProgram): { readonly named: ReadonlySet<string>; readonly count: Count } {
    let shared = this.#shared.get(key);
    if (shared === undefined) {
      shared = { named: namedUsers(program, this.#context.event), count: this.#run(program, null) };
      this.#shared.set(key, shared);
    }
    return shared;
  }

  #run(program: PushProgram, userId: UserId | null): Count {
    const displayName = userId === null ? null : this.#displayNameOf(userId);
    const { notify, highlight } = this.#evaluate(program, { ...this.#context, userId, displayName });
    return notify ? { notify: 1, highlight: highlight ? 1 : 0 } : NOTHING;
  }
}
