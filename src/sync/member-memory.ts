import { LRUCache } from 'lru-cache';
import type { DeviceId, RoomId, UserId } from '../core/ids/brands.ts';

/** Devices whose sent members are remembered. */
const DEVICES_MAX = 10_000;
/** Members remembered per device; a device that exceeds it starts anew and is sent some members twice. */
const MEMBERS_PER_DEVICE_MAX = 20_000;
/** Answers per device that the client has not confirmed yet. */
const UNCONFIRMED_MAX = 16;

export interface SentMember {
  readonly roomId: RoomId;
  readonly userId: UserId;
  /** The member event. */
  readonly num: number;
}

interface DeviceMemory {
  readonly confirmed: Map<RoomId, Map<UserId, number>>;
  size: number;
  unconfirmed: { readonly to: number; readonly members: readonly SentMember[] }[];
}

/**
 * Member events that a device has been sent, for lazy loading. What an answer carried counts only once the client has come back with
 * that answer's token: an answer that was lost on the way is sent again in full.
 * https://spec.matrix.org/v1.19/client-server-api/#lazy-loading-room-members
 */
export class MemberMemory {
  readonly #devices = new LRUCache<string, DeviceMemory>({ max: DEVICES_MAX });

  /** A request begins: `from` is the token the client came with, null for an initial sync. */
  begin(userId: UserId, deviceId: DeviceId, from: number | null): void {
    const key = keyOf(userId, deviceId);
    const device = this.#devices.get(key);
    if (device === undefined) return;
    if (from === null) {
      this.#devices.delete(key);
      return;
    }
    const received = device.unconfirmed.filter((answer) => answer.to === from);
    device.unconfirmed = [];
    for (const answer of received) for (const member of answer.members) confirm(device, member);
  }

  has(userId: UserId, deviceId: DeviceId, member: SentMember): boolean {
    return this.#devices.get(keyOf(userId, deviceId))?.confirmed.get(member.roomId)?.get(member.userId) === member.num;
  }

  /** An answer up to `to` carried these member events. */
  sent(userId: UserId, deviceId: DeviceId, answer: { readonly to: number; readonly members: readonly SentMember[] }): void {
    if (answer.members.length === 0) return;
    const key = keyOf(userId, deviceId);
    let device = this.#devices.get(key);
    if (device === undefined) {
      device = { confirmed: new Map(), size: 0, unconfirmed: [] };
      this.#devices.set(key, device);
    }
    device.unconfirmed.push(answer);
    if (device.unconfirmed.length > UNCONFIRMED_MAX) device.unconfirmed.shift();
  }
}

function confirm(device: DeviceMemory, member: SentMember): void {
  let room = device.confirmed.get(member.roomId);
  if (room === undefined) {
    room = new Map();
    device.confirmed.set(member.roomId, room);
  }
  if (!room.has(member.userId)) device.size++;
  room.set(member.userId, member.num);
  if (device.size <= MEMBERS_PER_DEVICE_MAX) return;
  device.confirmed.clear();
  device.size = 0;
}

function keyOf(userId: UserId, deviceId: DeviceId): string {
  return `${userId}\0${deviceId}`;
}
