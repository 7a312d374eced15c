import { LRUCache } from 'lru-cache';
import type { DeviceId, UserId } from '../../core/ids/brands.ts';
import { KNOWN_USERS_MAX } from './limits.ts';

interface KnownQueue {
  /** No message has a position above this one. May be too high, never too low once the queue is `complete`. */
  last: number;
  /** Whether the queue has been read since the start. */
  complete: boolean;
  /** Messages up to here are deleted or about to be. */
  deleted: number;
}

interface KnownUser {
  /** Messages that another node stored for devices of this user, not known which. */
  last: number;
  readonly devices: Map<DeviceId, KnownQueue>;
}

/**
 * What is known of the devices' queues without asking the database: an idle device's sync and acknowledgement cost no SQL.
 * It may know too little (a user fell out, another node wrote), which costs a query; it never takes a full queue for an empty one,
 * because every new message passes `added` before any sync can ask for its position.
 */
export class KnownQueues {
  readonly #users = new LRUCache<UserId, KnownUser>({ max: KNOWN_USERS_MAX });

  /** False when the device certainly has no message after `from`. */
  mayHave(userId: UserId, deviceId: DeviceId, from: number): boolean {
    const user = this.#users.get(userId);
    const queue = user?.devices.get(deviceId);
    return user === undefined || queue === undefined || !queue.complete || Math.max(queue.last, user.last) > from;
  }

  /** A message at `pos` was committed for this device. */
  added(userId: UserId, deviceId: DeviceId, pos: number): void {
    const queue = this.#queue(userId, deviceId);
    queue.last = Math.max(queue.last, pos);
  }

  /** Another node committed messages at `pos` for some device of this user. */
  addedElsewhere(userId: UserId, pos: number): void {
    const user = this.#user(userId);
    user.last = Math.max(user.last, pos);
  }

  /**
   * To be called before the queue is read; the returned function takes what was found: no message of the part that was asked for is
   * above `last`. A queue that was dropped from memory in between stays unknown.
   */
  reading(userId: UserId, deviceId: DeviceId): (last: number) => void {
    const queue = this.#queue(userId, deviceId);
    return (last) => {
      queue.last = Math.max(queue.last, last);
      queue.complete = true;
    };
  }

  /** True when messages up to `upTo` may be there to delete; asked once for the same messages. */
  takeDelivered(userId: UserId, deviceId: DeviceId, upTo: number): boolean {
    const queue = this.#queue(userId, deviceId);
    const last = Math.max(queue.last, this.#user(userId).last);
    const mayHave = !queue.complete || (last > queue.deleted && upTo > queue.deleted);
    queue.deleted = Math.max(queue.deleted, upTo);
    return mayHave;
  }

  forget(userId: UserId, deviceId: DeviceId): void {
    this.#users.get(userId)?.devices.delete(deviceId);
  }

  #queue(userId: UserId, deviceId: DeviceId): KnownQueue {
    const { devices } = this.#user(userId);
    let queue = devices.get(deviceId);
    if (queue === undefined) {
      queue = { last: 0, complete: false, deleted: 0 };
      devices.set(deviceId, queue);
    }
    return queue;
  }

  #user(userId: UserId): KnownUser {
    let user = this.#users.get(userId);
    if (user === undefined) {
      user = { last: 0, devices: new Map() };
      this.#users.set(userId, user);
    }
    return user;
  }
}
