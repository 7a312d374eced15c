/** A limit for hangs, not an assertion about speed. */
const DEADLINE_MS = 60_000;
const POLL_MS = 15;

/**
 * Waits until `condition` holds: a value other than undefined, null and false, which is returned. What it throws counts as "not yet".
 * @throws Error with `what`, and what the condition said last, after the deadline
 */
export async function until<T>(what: string, condition: () => T | Promise<T>): Promise<Exclude<T, undefined | null | false>> {
  const deadline = Date.now() + DEADLINE_MS;
  let last: unknown;
  for (;;) {
    try {
      const value = await condition();
      if (value !== undefined && value !== null && value !== false) return value as Exclude<T, undefined | null | false>;
      last = value;
    } catch (error) {
      last = error;
    }
    if (Date.now() > deadline) throw new Error(`waited in vain until ${what}; at last: ${String(last)}`, { cause: last });
    await new Promise((resolve) => setTimeout(resolve, POLL_MS));
  }
}
