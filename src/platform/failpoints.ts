/**
 * Named places where a test can make the server fail or wait. Production never arms one: the cost is then one look at
 * the size of an empty map.
 */
export interface FailpointAction {
  /** Thrown at the place. */
  error?: Error;
  /** Awaited at the place before it fails or goes on (asynchronous fail points only). */
  wait?: () => Promise<void>;
  /** Passes to let through before acting (default 0). */
  skip?: number;
  /** Passes to act on before disarming itself (default: all). */
  times?: number;
}

const armed = new Map<string, { action: FailpointAction; skip: number; left: number }>();
const passes = new Map<string, number>();

/** Marks a place in asynchronous code: `await failpoint('committer.before-commit')`. */
export function failpoint(name: string): Promise<void> | undefined {
  if (armed.size === 0) return undefined;
  const action = pass(name);
  return action === null ? undefined : act(action);
}

/** Marks a place in synchronous code. */
export function failpointSync(name: string): void {
  if (armed.size === 0) return;
  const action = pass(name);
  if (action?.error !== undefined) throw action.error;
}

/** Arms a fail point until the returned handle is disposed: `using _ = armFailpoint('…', { error })`. */
export function armFailpoint(name: string, action: FailpointAction): Disposable & { passes(): number } {
  if (armed.has(name)) throw new Error(`fail point ${name} is already armed`);
  armed.set(name, { action, skip: action.skip ?? 0, left: action.times ?? Number.POSITIVE_INFINITY });
  passes.set(name, 0);
  return {
    passes: () => passes.get(name) ?? 0,
    [Symbol.dispose]: () => void armed.delete(name),
  };
}

function pass(name: string): FailpointAction | null {
  const point = armed.get(name);
  if (point === undefined) return null;
  passes.set(name, (passes.get(name) ?? 0) + 1);
  if (point.skip > 0) {
    point.skip--;
    return null;
  }
  if (point.left <= 0) return null;
  point.left--;
  return point.action;
}

async function act(action: FailpointAction): Promise<void> {
  await action.wait?.();
  if (action.error !== undefined) throw action.error;
}
