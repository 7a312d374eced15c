/** Bytes of a relation type or of a parent's id; longer ones are no relation. What an event id, the longest of both, may have. */
export const NAME_BYTES_MAX = 255;
/** Edits of an event that are remembered, newest first: who may not see the newest gets one of the others. */
export const EDITS_KEPT = 20;
/** Events that a bundled `m.reference` lists: the newest. */
export const REFERENCES_MAX = 1_000;
/** Replies of one thread that are looked at for somebody who is not in the room. */
export const THREAD_REPLIES_SEEN_MAX = 1_000;
/** Events known to have no children that are remembered. */
export const CHILDLESS_KEPT = 200_000;
/** Events with children whose aggregation is remembered. */
export const PARENTS_KEPT = 20_000;
/** Events in one page. */
export const PAGE_MAX = 100;
export const PAGE_DEFAULT = 50;
/** Rows looked through for one page when many of them are hidden from the reader. */
export const ROWS_PER_PAGE_MAX = 1_000;
/** Steps from an event to its indirect children; the specification asks for three at least. */
export const RECURSION_DEPTH = 3;
/** Direct and indirect children that a page with recursion is chosen from: direct ones first, those nearest to where the page begins. */
export const RECURSED_MAX = 5_000;
