import { MatrixError } from '../core/errors/matrix-error.ts';

/** Runs at most `running` tasks at once; refuses with `M_LIMIT_EXCEEDED` when more than `waitingMax` wait. */
export class LimitedConcurrency {
  readonly #runningMax: number;
  readonly #waitingMax: number;
  readonly #waiting: (() => void)[] = [];
  #running = 0;

  constructor(options: { runningMax: number; waitingMax: number }) {
    this.#runningMax = options.runningMax;
    this.#waitingMax = options.waitingMax;
  }

  async run<T>(task: () => Promise<T>): Promise<T> {
    if (this.#running >= this.#runningMax) {
      if (this.#waiting.length >= this.#waitingMax) {
        throw new MatrixError('M_LIMIT_EXCEEDED', 'Too many sign-ins at the moment', { extra: { retry_after_ms: 2_000 } });
      }
      // Whoever ends hands its place over, so `#running` stays as it is.
      await new Promise<void>((resolve) => this.#waiting.push(resolve));
    } else {
      this.#running++;
    }
    try {
      return await task();
    } finally {
      const next = this.#waiting.shift();
      if (next === undefined) this.#running--;
      else next();
    }
  }
}
