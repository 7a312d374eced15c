import type { ErrorCode } from '../../core/errors/error-codes.ts';
import type { UserId } from '../../core/ids/brands.ts';
import type { JsonObject } from '../../core/json/json-value.ts';

/** What came of one attempt at a stage. `registrationToken` is kept with the session. */
export type StageResult =
  | { readonly ok: true; readonly registrationToken?: string }
  | { readonly ok: false; readonly errcode: ErrorCode; readonly error: string };

/** One kind of proof. */
export interface UiaStage {
  readonly type: string;
  /** What clients must know for it: the stage's entry in `params`. */
  params?(): JsonObject;
  /** `auth` is what the client sent; `userId` is the caller, null where nobody is signed in. */
  check(input: { auth: JsonObject; userId: UserId | null }): Promise<StageResult>;
}
