/** Time as a dependency: everything that waits or reads the time takes a Clock, so that tests and the simulation own time. */
export interface Clock {
  /** Wall clock, milliseconds since 1970 (may jump when the machine's clock is set). */
  now(): number;
  /** Milliseconds from an arbitrary start that never go backwards; for durations. */
  monotonic(): number;
  /** Calls `callback` once after `ms`. The timer does not keep the process alive. */
  setTimeout(callback: () => void, ms: number): Timer;
  /** Resolves after `ms`; rejects with `signal.reason` when the signal aborts first. */
  sleep(ms: number, signal?: AbortSignal): Promise<void>;
}

export interface Timer extends Disposable {
  /** Harmless when the timer has already fired. */
  cancel(): void;
}

/** Node's longest timer: a longer delay would fire at once. */
const TIMEOUT_MS_MAX = 2 ** 31 - 1;

export const systemClock: Clock = {
  now: () => Date.now(),
  monotonic: () => performance.now(),
  setTimeout(callback, ms) {
    const handle = setTimeout(callback, Math.min(Math.max(0, ms), TIMEOUT_MS_MAX));
    handle.unref();
    const cancel = (): void => clearTimeout(handle);
    return { cancel, [Symbol.dispose]: cancel };
  },
  sleep(ms, signal) {
    return sleepOn(systemClock, ms, signal);
  },
};

/** `sleep` for any clock that has `setTimeout`. */
export function sleepOn(clock: Pick<Clock, 'setTimeout'>, ms: number, signal?: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    if (signal?.aborted) {
      reject(signal.reason as Error);
      return;
    }
    const onAbort = (): void => {
      timer.cancel();
      reject(signal?.reason as Error);
    };
    const timer = clock.setTimeout(() => {
      signal?.removeEventListener('abort', onAbort);
      resolve();
    }, ms);
    signal?.addEventListener('abort', onAbort, { once: true });
  });
}
