import type { RoomId } from '../../core/ids/brands.ts';
import type { Clock } from '../../platform/clock.ts';
import type { CommitPort } from '../../plugin-api/commit.ts';
import { eventLiveOf } from '../events/event-live.ts';

interface Waiter {
  readonly rooms: readonly RoomId[];
  readonly wake: () => void;
}

/** Requests that wait for the next event of some rooms, whoever asks. */
export class RoomWaiters implements Disposable {
  readonly #clock: Clock;
  readonly #commits: CommitPort;
  readonly #byRoom = new Map<RoomId, Set<Waiter>>();
  #closed = false;

  constructor({ commits, clock }: { commits: CommitPort; clock: Clock }) {
    this.#clock = clock;
    this.#commits = commits;
    commits.onBatch((entries) => {
      if (this.#byRoom.size === 0) return;
      for (const entry of entries) {
        const live = eventLiveOf(entry);
        if (live !== null) this.#wake(live.room.roomId);
      }
    });
  }

  /** Everything up to here is committed and visible to readers. */
  get position(): number {
    return this.#commits.position;
  }

  /** Resolves after the next event in one of the rooms, after the time (ms), or when the client goes away. */
  wait(rooms: readonly RoomId[], options: { timeoutMs: number; signal: AbortSignal }): Promise<void> {
    const { timeoutMs, signal } = options;
    if (this.#closed || signal.aborted) return Promise.resolve();
    return new Promise((resolve) => {
      const wake = (): void => {
        for (const roomId of rooms) this.#remove(roomId, waiter);
        timer.cancel();
        signal.removeEventListener('abort', wake);
        resolve();
      };
      const waiter: Waiter = { rooms, wake };
      const timer = this.#clock.setTimeout(wake, timeoutMs);
      signal.addEventListener('abort', wake, { once: true });
      for (const roomId of rooms) {
        const waiting = this.#byRoom.get(roomId) ?? new Set();
        this.#byRoom.set(roomId, waiting.add(waiter));
      }
    });
  }

  [Symbol.dispose](): void {
    this.#closed = true;
    for (const roomId of [...this.#byRoom.keys()]) this.#wake(roomId);
  }

  #wake(roomId: RoomId): void {
    for (const waiter of [...(this.#byRoom.get(roomId) ?? [])]) waiter.wake();
  }

  #remove(roomId: RoomId, waiter: Waiter): void {
    const waiting = this.#byRoom.get(roomId);
    waiting?.delete(waiter);
    if (waiting?.size === 0) this.#byRoom.delete(roomId);
  }
}
