import type { EventId, UserId } from '../../core/ids/brands.ts';
import type { JsonObject } from '../../core/json/json-value.ts';

/** An event that this server is about to make. */
export interface Draft {
  readonly type: string;
  readonly stateKey?: string | undefined;
  readonly sender: UserId;
  readonly content: JsonObject;
  readonly redacts?: EventId | undefined;
  /** ms; default: now */
  readonly originServerTs?: number | undefined;
  readonly txn?: { readonly userNid: number; readonly scope: string; readonly id: string } | undefined;
}
