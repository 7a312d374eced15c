import { knownPaths, type SchemaNode } from './schema-node.ts';

/**
 * The known key that a mistyped one most likely means: the nearest name in the same section, or the same name in another
 * section when that is nearer.
 */
export function nearestKey(root: SchemaNode, path: readonly string[]): string | null {
  const wanted = path.join('.');
  const last = path.at(-1) ?? '';
  const parent = path.slice(0, -1).join('.');
  let best: { key: string; cost: number } | null = null;
  for (const key of knownPaths(root)) {
    const at = key.lastIndexOf('.');
    const sameSection = key.slice(0, Math.max(0, at)) === parent;
    // A name in another section costs a little more than in this one.
    const cost = Math.min(editDistance(wanted, key), editDistance(last, key.slice(at + 1)) + (sameSection ? 0 : 1.5));
    if (best === null || cost < best.cost) best = { key, cost };
  }
  return best?.key ?? null;
}

/** Levenshtein distance. */
function editDistance(a: string, b: string): number {
  let previous = Array.from({ length: b.length + 1 }, (_, i) => i);
  for (let i = 1; i <= a.length; i++) {
    const row = [i];
    for (let j = 1; j <= b.length; j++) {
      const change = (previous[j - 1] ?? 0) + (a[i - 1] === b[j - 1] ? 0 : 1);
      row.push(Math.min(change, (previous[j] ?? 0) + 1, (row[j - 1] ?? 0) + 1));
    }
    previous = row;
  }
  return previous[b.length] ?? 0;
}
