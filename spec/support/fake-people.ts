import { serverNameOf } from '../../src/core/ids/user-id.ts';
import type { DeviceId, RoomId, ServerName, UserId } from '../../src/core/ids/brands.ts';
import type { DeviceInfo, Membership, RoomInfo, RoomsPort, UserRoom, UsersPort } from '../../src/plugin-api/ports.ts';
import type { SyncRequest } from '../../src/plugin-api/sync-stream.ts';
import type { FakeCommits } from './fake-commits.ts';

/** Accounts and devices of a module suite, in memory. */
export class FakeUsers implements UsersPort {
  readonly #server: ServerName;
  readonly #onDeleted: (userId: UserId, deviceIds: readonly DeviceId[]) => Promise<void>;
  readonly #accounts = new Map<UserId, Map<DeviceId, DeviceInfo>>();
  readonly deactivated = new Set<UserId>();

  constructor(server: ServerName, onDeleted: (userId: UserId, deviceIds: readonly DeviceId[]) => Promise<void>) {
    this.#server = server;
    this.#onDeleted = onDeleted;
  }

  /** Makes the account if need be, and the device. */
  add(userId: UserId, deviceId: DeviceId, displayName: string | null = null): void {
    const devices = this.#accounts.get(userId) ?? new Map<DeviceId, DeviceInfo>();
    devices.set(deviceId, { deviceId, displayName, lastSeenTs: null, lastSeenIp: null });
    this.#accounts.set(userId, devices);
  }

  isLocal(userId: UserId): boolean {
    return serverNameOf(userId) === this.#server;
  }

  async exists(userId: UserId): Promise<boolean> {
    return this.#accounts.has(userId);
  }

  async isDeactivated(userId: UserId): Promise<boolean> {
    return this.deactivated.has(userId);
  }

  async devices(userId: UserId): Promise<readonly DeviceInfo[]> {
    return [...(this.#accounts.get(userId)?.values() ?? [])];
  }

  async createDevice(options: { userId: UserId; deviceId: DeviceId; displayName: string | null }): Promise<void> {
    this.add(options.userId, options.deviceId, options.displayName);
  }

  async deleteDevices(userId: UserId, deviceIds: readonly DeviceId[]): Promise<void> {
    for (const deviceId of deviceIds) this.#accounts.get(userId)?.delete(deviceId);
    await this.#onDeleted(userId, deviceIds);
  }
}

interface MembershipChange {
  readonly pos: number;
  readonly roomId: RoomId;
  readonly userId: UserId;
  readonly membership: Membership;
}

/** The questions about membership that modules ask, answered from a list of membership changes; nothing else of a room exists. */
export class FakeRooms {
  readonly #commits: FakeCommits;
  readonly #changes: MembershipChange[] = [];
  readonly #nids = new Map<RoomId, number>();

  constructor(commits: FakeCommits) {
    this.#commits = commits;
  }

  /** Takes a position of the log, as the membership event would. */
  async setMember(roomId: RoomId, userId: UserId, membership: Membership): Promise<number> {
    if (!this.#nids.has(roomId)) this.#nids.set(roomId, this.#nids.size + 1);
    const pos = await this.#commits.commit({ stream: 'event', durability: 'memory', writes: [], rooms: [roomId], users: [userId] });
    this.#changes.push({ pos, roomId, userId, membership });
    return pos;
  }

  async info(roomId: RoomId): Promise<RoomInfo | null> {
    const nid = this.#nids.get(roomId);
    return nid === undefined ? null : { nid, roomId, version: '12' as RoomInfo['version'] };
  }

  async roomsOf(userId: UserId): Promise<ReadonlyMap<RoomId, UserRoom>> {
    const rooms = new Map<RoomId, UserRoom>();
    for (const { roomId, membership, pos, userId: sender } of this.#changes.filter((change) => change.userId === userId)) {
      rooms.set(roomId, { roomId, nid: this.#nids.get(roomId) ?? 0, membership, num: pos, pos, forgotten: false, sender });
    }
    return rooms;
  }

  async membership(roomId: RoomId, userId: UserId): Promise<Membership | null> {
    return (await this.roomsOf(userId)).get(roomId)?.membership ?? null;
  }

  async joinedMembers(roomId: RoomId): Promise<ReadonlySet<UserId>> {
    const joined = new Set<UserId>();
    for (const change of this.#changes.filter((candidate) => candidate.roomId === roomId)) {
      if (change.membership === 'join') joined.add(change.userId);
      else joined.delete(change.userId);
    }
    return joined;
  }

  async shareRoom(a: UserId, b: UserId): Promise<boolean> {
    return (await this.usersSharingRoom(a)).has(b);
  }

  async usersSharingRoom(userId: UserId): Promise<ReadonlySet<UserId>> {
    const sharing = new Set<UserId>();
    for (const room of (await this.roomsOf(userId)).values()) {
      if (room.membership === 'join') for (const member of await this.joinedMembers(room.roomId)) sharing.add(member);
    }
    sharing.delete(userId);
    return sharing;
  }

  async membershipChanges(options: { userId: UserId; from: number; to: number }): Promise<SyncRequest['membershipChanges']> {
    const appeared = new Set<UserId>();
    const vanished = new Set<UserId>();
    for (const change of this.#changes.filter(({ pos }) => pos > options.from && pos <= options.to)) {
      const members = await this.joinedMembers(change.roomId);
      const isOwn = change.userId === options.userId;
      if (!isOwn && !members.has(options.userId)) continue;
      const target = change.membership === 'join' ? appeared : vanished;
      for (const userId of isOwn ? members : [change.userId]) target.add(userId);
    }
    appeared.delete(options.userId);
    vanished.delete(options.userId);
    return { appeared, vanished };
  }

  /** A rooms port; what this class does not know throws when it is asked, unless `more` provides it. */
  port(more: Partial<RoomsPort> = {}): RoomsPort {
    return new Proxy(this, {
      get: (target, name) => {
        const own: unknown = Reflect.get(more, name) ?? Reflect.get(target, name);
        if (typeof own === 'function') return own.bind(target) as unknown;
        return () => {
          throw new Error(`the fake rooms port has no ${String(name)}`);
        };
      },
    }) as unknown as RoomsPort;
  }
}
