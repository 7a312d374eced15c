import type { EventId } from '../../core/ids/brands.ts';

/** What became of a PDU. */
export type IngestOutcome =
  | {
      readonly verdict: 'accepted' | 'softFailed' | 'rejected';
      readonly eventId: EventId;
      /** Position in the commit log. */
      readonly pos: number;
      readonly rule?: string;
      readonly reason?: string;
    }
  /** It was here already. */
  | { readonly verdict: 'known'; readonly eventId: EventId }
  | { readonly verdict: 'dropped'; readonly rule: string; readonly reason: string }
  /** It cannot be judged before these events are here. */
  | { readonly verdict: 'missing'; readonly eventId: EventId; readonly missing: readonly EventId[] };
