import type { Clock } from './clock.ts';
import type { Logger } from './logger.ts';

/** How long one part may take to stop before the others go on without it, unless it names its own time. */
export const DISPOSE_MS_MAX = 15_000;

/**
 * The named parts of something that runs, stopped in reverse order of their start. One part that fails or hangs is
 * logged and never keeps the others from stopping. Stopping twice is harmless.
 */
export class Disposables implements AsyncDisposable {
  readonly #clock: Clock;
  readonly #log: Logger;
  readonly #parts: Part[] = [];
  #stopped: Promise<void> | null = null;

  constructor(deps: { clock: Clock; log: Logger }) {
    this.#clock = deps.clock;
    this.#log = deps.log;
  }

  /** Registers and returns something disposable. */
  use<T extends AsyncDisposable | Disposable>(name: string, part: T): T {
    this.defer(name, () => (Symbol.asyncDispose in part ? part[Symbol.asyncDispose]() : part[Symbol.dispose]()));
    return part;
  }

  /** Registers what has to run at the end. */
  defer(name: string, dispose: () => unknown, msMax = DISPOSE_MS_MAX): void {
    if (this.#stopped !== null) throw new Error(`cannot start ${name}: already stopped`);
    this.#parts.push({ name, dispose, msMax });
  }

  [Symbol.asyncDispose](): Promise<void> {
    this.#stopped ??= this.#stop();
    return this.#stopped;
  }

  async #stop(): Promise<void> {
    for (const part of this.#parts.reverse()) {
      try {
        await this.#withDeadline(part);
      } catch (err) {
        this.#log.error({ err, stopping: part.name }, 'a part did not stop cleanly');
      }
    }
  }

  async #withDeadline({ name, dispose, msMax }: Part): Promise<void> {
    const { promise: late, reject } = Promise.withResolvers<never>();
    using _timer = this.#clock.setTimeout(() => reject(new Error(`${name} still runs after ${msMax} ms`)), msMax);
    await Promise.race([dispose(), late]);
  }
}

interface Part {
  name: string;
  dispose: () => unknown;
  msMax: number;
}
