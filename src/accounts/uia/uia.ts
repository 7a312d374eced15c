import { MatrixError } from '../../core/errors/matrix-error.ts';
import type { UserId } from '../../core/ids/brands.ts';
import type { JsonObject } from '../../core/json/json-value.ts';
import type { Clock } from '../../platform/clock.ts';
import type { Rng } from '../../platform/rng.ts';
import type { UiaPort } from '../../plugin-api/ports.ts';
import type { AccountsReader } from '../../storage/accounts/reader.ts';
import type { UiaSessionRow } from '../../storage/accounts/rows.ts';
import type { AccountsTransactor } from '../../storage/accounts/transactor.ts';
import { UiaChallenge } from './uia-challenge.ts';
import { UIA_SESSION_LIFETIME_MS } from './uia-session-lifetime.ts';
import type { StageResult, UiaStage } from './uia-stage.ts';

const SESSION_ID_CHARACTERS = 24;

/** Stages in the order in which they must be completed. */
export type UiaFlow = readonly UiaStage[];

export interface UiaRequest {
  readonly userId: UserId | null;
  readonly auth: JsonObject | undefined;
  /** What is being authorised: a session of one action is no use for another. */
  readonly action: string;
  readonly flows: readonly UiaFlow[];
}

/** What the caller proved. */
export interface UiaOutcome {
  readonly completed: readonly string[];
  readonly registrationToken: string | null;
}

/**
 * User-interactive authentication. Sessions are in the database, so they survive a restart and any node can go on with them.
 * A caller who completes a flow in one request needs no session at all.
 *
 * @see https://spec.matrix.org/v1.19/client-server-api/#user-interactive-authentication-api
 */
export class Uia implements UiaPort {
  readonly #deps: {
    readonly reader: AccountsReader;
    readonly transactor: AccountsTransactor;
    /** Proves that the caller owns the account; what `require` asks for. */
    readonly ownerFlows: readonly UiaFlow[];
    readonly clock: Clock;
    readonly rng: Rng;
  };

  constructor(deps: {
    reader: AccountsReader;
    transactor: AccountsTransactor;
    ownerFlows: readonly UiaFlow[];
    clock: Clock;
    rng: Rng;
  }) {
    this.#deps = deps;
  }

  async require({ userId, auth, action }: Parameters<UiaPort['require']>[0]): Promise<void> {
    if (userId === null) throw new MatrixError('M_MISSING_TOKEN', 'An access token is needed');
    await this.run({ userId, auth, action, flows: this.#deps.ownerFlows });
  }

  /**
   * @throws UiaChallenge until a flow is complete
   * @throws MatrixError `M_FORBIDDEN` for a session of somebody else or of another action
   */
  async run(request: UiaRequest): Promise<UiaOutcome> {
    const { auth } = request;
    const session = await this.#session(request);
    const before: UiaOutcome = { completed: session?.completed ?? [], registrationToken: session?.registrationToken ?? null };
    if (auth === undefined || typeof auth.type !== 'string') {
      return this.#conclude(request, session, before);
    }
    const stage = nextStage(request.flows, before.completed, auth.type);
    if (stage === null) {
      // A stage that was completed before is not tried again.
      if (before.completed.includes(auth.type)) return this.#conclude(request, session, before);
      return this.#challenge(request, session, before, {
        ok: false,
        errcode: 'M_FORBIDDEN',
        error: 'This stage is not the next of any flow',
      });
    }
    const result = await stage.check({ auth, userId: request.userId });
    if (!result.ok) return this.#challenge(request, session, before, result);
    const after: UiaOutcome = {
      completed: [...before.completed, stage.type],
      registrationToken: result.registrationToken ?? before.registrationToken,
    };
    return this.#conclude(request, session, after, stage.type);
  }

  /**
   * One attempt at a stage outside of the endpoint, on a page in the browser. The client goes on with the session alone.
   *
   * @returns null when the session does not exist or the stage is not the next one of it
   */
  async attempt(options: {
    session: string;
    auth: JsonObject & { type: string };
    flowsOf: (action: string) => Promise<readonly UiaFlow[]>;
  }): Promise<StageResult | null> {
    const session = await this.#liveSession(options.session);
    if (session === null) return null;
    const { type } = options.auth;
    if (session.completed.includes(type)) return { ok: true };
    const stage = nextStage(await options.flowsOf(session.action), session.completed, type);
    if (stage === null) return null;
    const result = await stage.check({ auth: options.auth, userId: session.userId });
    if (!result.ok) return result;
    const { registrationToken } = result;
    const stored = await this.#deps.transactor.completeUiaStage({
      id: session.id,
      stage: type,
      ...(registrationToken === undefined ? {} : { registrationToken }),
    });
    return stored ? result : null;
  }

  /** Ends the session when a flow is complete, or stores the progress and asks for the rest. */
  async #conclude(request: UiaRequest, session: UiaSessionRow | null, state: UiaOutcome, newStage?: string): Promise<UiaOutcome> {
    const done = request.flows.some((flow) => flow.every((stage) => state.completed.includes(stage.type)));
    if (done && state.completed.length > 0) {
      // Two requests at once: one of them wins, the other begins anew.
      if (session === null || (await this.#deps.transactor.endUiaSession(session.id))) return state;
      return this.#challenge(request, null, { completed: [], registrationToken: null });
    }
    return this.#challenge(request, session, state, undefined, newStage);
  }

  async #challenge(
    request: UiaRequest,
    session: UiaSessionRow | null,
    state: UiaOutcome,
    failure?: StageResult & { ok: false },
    newStage?: string,
  ): Promise<never> {
    const id = session?.id ?? (await this.#open(request));
    if (newStage !== undefined) {
      const { registrationToken } = state;
      await this.#deps.transactor.completeUiaStage({
        id,
        stage: newStage,
        ...(registrationToken === null ? {} : { registrationToken }),
      });
    }
    throw new UiaChallenge({
      flows: request.flows.map((flow) => ({ stages: flow.map((stage) => stage.type) })),
      params: paramsOf(request.flows),
      session: id,
      ...(state.completed.length === 0 ? {} : { completed: [...state.completed] }),
      ...(failure === undefined ? {} : { errcode: failure.errcode, error: failure.error }),
    });
  }

  /** The session that the client names; null when it names none, or one that has ended. */
  async #session(request: UiaRequest): Promise<UiaSessionRow | null> {
    const id = request.auth?.session;
    if (typeof id !== 'string') return null;
    const session = await this.#liveSession(id);
    if (session === null) return null;
    if (session.action !== request.action || session.userId !== request.userId) {
      throw new MatrixError('M_FORBIDDEN', 'The session was begun for something else');
    }
    return session;
  }

  async #liveSession(id: string): Promise<UiaSessionRow | null> {
    // The database refuses NUL.
    if (id.includes('\0')) return null;
    const session = await this.#deps.reader.uiaSession(id);
    return session !== null && session.createdTs + UIA_SESSION_LIFETIME_MS > this.#deps.clock.now() ? session : null;
  }

  async #open(request: UiaRequest): Promise<string> {
    const id = this.#deps.rng.token(SESSION_ID_CHARACTERS);
    const { action, userId } = request;
    await this.#deps.transactor.createUiaSession({ id, action, userId, createdTs: this.#deps.clock.now() });
    return id;
  }
}

/** The stage of this type, if it is the next one of a flow whose earlier stages are complete. */
function nextStage(flows: readonly UiaFlow[], completed: readonly string[], type: string): UiaStage | null {
  if (completed.includes(type)) return null;
  for (const flow of flows) {
    const next = flow.find((stage) => !completed.includes(stage.type));
    if (next?.type === type) return next;
  }
  return null;
}

function paramsOf(flows: readonly UiaFlow[]): JsonObject {
  const params: JsonObject = {};
  for (const stage of flows.flat()) {
    const own = stage.params?.();
    if (own !== undefined) params[stage.type] = own;
  }
  return params;
}
