import type { DeviceId, UserId } from '../core/ids/brands.ts';
import type { Clock, Timer } from '../platform/clock.ts';
import type { Logger } from '../platform/logger.ts';
import type { AccountsTransactor } from '../storage/accounts/transactor.ts';
import type { Caller } from './ports.ts';

/** A device is written at most this often. */
const LAST_SEEN_INTERVAL_MS = 60_000;
/** Devices seen within this time are written together. */
const FLUSH_DELAY_MS = 2_000;
/** Devices whose time of writing is remembered; the oldest is forgotten first. */
const REMEMBERED_MAX = 100_000;
const USER_AGENT_LENGTH_MAX = 256;

interface Seen {
  readonly userId: UserId;
  readonly deviceId: DeviceId;
  readonly ts: number;
  readonly ip: string;
  readonly userAgent: string;
}

/** When and from where each device was last used. Relaxed: a crash loses the last seconds. */
export class LastSeen implements AsyncDisposable {
  readonly #transactor: AccountsTransactor;
  readonly #clock: Clock;
  readonly #log: Logger;
  readonly #writtenAt = new Map<string, number>();
  #waiting = new Map<string, Seen>();
  #timer: Timer | null = null;

  constructor(deps: { transactor: AccountsTransactor; clock: Clock; log: Logger }) {
    this.#transactor = deps.transactor;
    this.#clock = deps.clock;
    this.#log = deps.log;
  }

  touch(userId: UserId, deviceId: DeviceId, caller: Caller): void {
    const key = `${userId}\0${deviceId}`;
    const ts = this.#clock.now();
    const written = this.#writtenAt.get(key);
    if (written !== undefined && ts - written < LAST_SEEN_INTERVAL_MS) return;
    this.#writtenAt.delete(key);
    this.#writtenAt.set(key, ts);
    if (this.#writtenAt.size > REMEMBERED_MAX) {
      const oldest = this.#writtenAt.keys().next().value;
      if (oldest !== undefined) this.#writtenAt.delete(oldest);
    }
    const userAgent = caller.userAgent.replaceAll('\0', '').slice(0, USER_AGENT_LENGTH_MAX);
    this.#waiting.set(key, { userId, deviceId, ts, ip: caller.ip, userAgent });
    this.#timer ??= this.#clock.setTimeout(() => void this.flush(), FLUSH_DELAY_MS);
  }

  /** Writes what waits. */
  async flush(): Promise<void> {
    this.#timer?.cancel();
    this.#timer = null;
    const seen = [...this.#waiting.values()];
    this.#waiting = new Map();
    if (seen.length === 0) return;
    try {
      await this.#transactor.markSeen(seen);
    } catch (err) {
      this.#log.warn({ err, devices: seen.length }, 'could not write when devices were last seen');
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.flush();
  }
}
