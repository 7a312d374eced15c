import { type Clock, sleepOn, type Timer } from './clock.ts';

/** A clock that moves only when told to: for tests and the simulation. */
export class ManualClock implements Clock {
  #now: number;
  #elapsed = 0;
  #nextId = 0;
  readonly #timers = new Map<number, { at: number; callback: () => void }>();

  constructor(startMs = 1_700_000_000_000) {
    this.#now = startMs;
  }

  now(): number {
    return this.#now;
  }

  monotonic(): number {
    return this.#elapsed;
  }

  setTimeout(callback: () => void, ms: number): Timer {
    const id = this.#nextId++;
    this.#timers.set(id, { at: this.#elapsed + Math.max(0, ms), callback });
    const cancel = (): void => void this.#timers.delete(id);
    return { cancel, [Symbol.dispose]: cancel };
  }

  sleep(ms: number, signal?: AbortSignal): Promise<void> {
    return sleepOn(this, ms, signal);
  }

  /** Number of timers that wait. */
  get pending(): number {
    return this.#timers.size;
  }

  /** Milliseconds until the next timer fires, or null when none waits. */
  get untilNext(): number | null {
    const next = this.#next();
    return next === null ? null : next.at - this.#elapsed;
  }

  /** Moves the time on and fires due timers in order of time, then of creation, letting promises settle after each. */
  async advance(ms: number): Promise<void> {
    const end = this.#elapsed + ms;
    await settle();
    for (let next = this.#next(); next !== null && next.at <= end; next = this.#next()) {
      this.#moveTo(next.at);
      this.#timers.delete(next.id);
      next.callback();
      await settle();
    }
    this.#moveTo(end);
  }

  /** Jumps the wall clock without firing anything, as a machine whose clock is set does. */
  setNow(ms: number): void {
    this.#now = ms;
  }

  #moveTo(elapsed: number): void {
    this.#now += elapsed - this.#elapsed;
    this.#elapsed = elapsed;
  }

  #next(): { id: number; at: number; callback: () => void } | null {
    let best: { id: number; at: number; callback: () => void } | null = null;
    for (const [id, timer] of this.#timers) if (best === null || timer.at < best.at) best = { id, ...timer };
    return best;
  }
}

/** Lets promise reactions that are already due run. */
function settle(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}
