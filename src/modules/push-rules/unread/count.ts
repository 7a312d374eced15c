/** What one event adds to the counts of one user, or a sum of that. */
export interface Count {
  readonly notify: number;
  readonly highlight: number;
}

export const NOTHING: Count = { notify: 0, highlight: 0 };

export function sameCount(a: Count, b: Count): boolean {
  return a.notify === b.notify && a.highlight === b.highlight;
}

export function addCounts(a: Count, b: Count): Count {
  return { notify: a.notify + b.notify, highlight: a.highlight + b.highlight };
}
