export interface Cycle {
  readonly from: string;
  /** Of the import in `from` that closes the cycle. */
  readonly line: number;
  /** The files of the cycle, the first one again at the end. */
  readonly path: readonly string[];
}

type Graph = ReadonlyMap<string, readonly { target: string; line: number }[]>;

/** One cycle per import that closes one in a depth-first walk. No cycle is found if and only if there is none. */
export function findCycles(graph: Graph): Cycle[] {
  const cycles: Cycle[] = [];
  const done = new Set<string>();
  const stack: string[] = [];

  function walk(file: string): void {
    stack.push(file);
    for (const { target, line } of graph.get(file) ?? []) {
      const start = stack.indexOf(target);
      if (start !== -1) cycles.push({ from: file, line, path: [...stack.slice(start), target] });
      else if (!done.has(target)) walk(target);
    }
    stack.pop();
    done.add(file);
  }

  for (const file of graph.keys()) if (!done.has(file)) walk(file);
  return cycles;
}
