import { Piscina } from 'piscina';

/** Tasks that wait for a thread beyond this are refused. */
const WORKER_QUEUE_MAX = 4_096;

/** Threads for computations that would hold up the event loop: batches of signatures, big state resolutions, images. */
export interface WorkerPool<Tasks extends WorkerTasks> extends AsyncDisposable {
  /** Runs the exported function `name` of the worker file. The input is copied to the thread, the result back. */
  run<N extends keyof Tasks & string>(
    name: N,
    input: Parameters<Tasks[N]>[0],
    options?: WorkerRunOptions,
  ): Promise<Awaited<ReturnType<Tasks[N]>>>;
  /** Tasks that wait for a thread. */
  readonly waiting: number;
}

/** The functions that a worker file exports: one argument, plain data in and out. */
// Methods of a mapped type of unknown arguments cannot be written without `never`: every function of one argument fits it.
export type WorkerTasks = Record<string, (input: never) => unknown>;

interface WorkerRunOptions {
  signal?: AbortSignal;
  /** Buffers that are moved instead of copied. */
  transfer?: readonly ArrayBuffer[];
}

/** `file` is the worker module, e.g. `new URL('./verify-worker.ts', import.meta.url)`. Threads start on the first task. */
export function createWorkerPool<Tasks extends WorkerTasks>(options: {
  file: URL;
  threads: number;
  waitingMax?: number;
  idleMs?: number;
}): WorkerPool<Tasks> {
  const pool = new Piscina({
    filename: options.file.href,
    minThreads: 0,
    maxThreads: Math.max(1, options.threads),
    maxQueue: options.waitingMax ?? WORKER_QUEUE_MAX,
    idleTimeout: options.idleMs ?? 30_000,
  });
  return {
    run(name, input, runOptions = {}) {
      return pool.run(input, {
        name,
        ...(runOptions.signal === undefined ? {} : { signal: runOptions.signal }),
        ...(runOptions.transfer === undefined ? {} : { transferList: [...runOptions.transfer] }),
      });
    },
    get waiting() {
      return pool.queueSize;
    },
    [Symbol.asyncDispose]: () => pool.destroy(),
  };
}
