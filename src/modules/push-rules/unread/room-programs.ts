import { LRUCache } from 'lru-cache';
import type { RoomId, UserId } from '../../../core/ids/brands.ts';
import type { StoredPushRules } from '../../../core/push/stored-push-rules.ts';
import type { RoomInfo, RoomsPort } from '../../../plugin-api/ports.ts';
import { DEFAULT_KEY, DEFAULT_PROGRAM, type KeyedProgram, ProgramCompiler } from './member-programs.ts';
import { type RoomCreators, roomCreators } from './sender-power.ts';

/** Rooms whose members' programs are kept. */
const PROGRAM_ROOMS_MAX = 20_000;
/** Loads that are repeated because somebody's rules changed meanwhile. */
const LOAD_ATTEMPTS_MAX = 4;

/** A local member for whom events may count otherwise than for everybody. */
export interface SpecialMember {
  readonly userId: UserId;
  program: KeyedProgram;
  ignored: ReadonlySet<UserId>;
  /** Nothing counts by default since the last switch. */
  muted: boolean;
  /** Whether the database knows the last switch. */
  isSwitchStored: boolean;
}

export interface RoomMembers {
  readonly special: Map<UserId, SpecialMember>;
  /** Those of them that are muted; replaced, never changed. */
  muted: ReadonlySet<UserId>;
  /** Those who may join next and will be special. */
  readonly joining: Map<UserId, SpecialMember>;
  /** Nobody until the create event has passed. */
  creators: RoomCreators;
}

export interface RoomProgramsDeps {
  readonly rooms: Pick<RoomsPort, 'joinedMembers' | 'roomsOf' | 'stateEvent'>;
  readonly isLocal: (userId: UserId) => boolean;
  /** Users without rules or ignored users of their own are left out. */
  readonly rulesOf: (userIds: readonly UserId[]) => Promise<ReadonlyMap<UserId, StoredPushRules>>;
  readonly ignoredBy: (userIds: readonly UserId[]) => Promise<ReadonlyMap<UserId, ReadonlySet<UserId>>>;
  readonly mutedIn: (roomNid: number) => Promise<readonly UserId[]>;
}

/** Who in a room has rules of their own. Loaded before a room's first event and kept current by the events that pass. */
export class RoomPrograms {
  readonly #deps: RoomProgramsDeps;
  readonly #compiler = new ProgramCompiler();
  readonly #rooms = new LRUCache<RoomId, RoomMembers>({ max: PROGRAM_ROOMS_MAX });
  readonly #loading = new Map<RoomId, Promise<RoomMembers>>();
  /** Grows with every change of somebody's rules. */
  #epoch = 0;

  constructor(deps: RoomProgramsDeps) {
    this.#deps = deps;
  }

  get(roomId: RoomId): RoomMembers | undefined {
    return this.#rooms.get(roomId);
  }

  /** Makes `get` answer, and knows the rules of a user who is about to join. Undefined when there is nothing to wait for. */
  prepare(room: RoomInfo, joining: UserId | null): Promise<void> | undefined {
    const members = this.#rooms.get(room.roomId);
    if (members !== undefined && (joining === null || members.special.has(joining))) return undefined;
    return this.#prepare(room, joining);
  }

  /** A local user's rules or ignored users changed. */
  async refresh(userId: UserId): Promise<void> {
    this.#epoch += 1;
    const rooms = await this.#deps.rooms.roomsOf(userId);
    const cached = [...rooms.values()].filter((room) => room.membership === 'join' && this.#rooms.has(room.roomId));
    if (cached.length === 0) return;
    const sources = await this.#sources([userId]);
    for (const { roomId } of cached) {
      const members = this.#rooms.peek(roomId);
      if (members === undefined) continue;
      const previous = members.special.get(userId);
      const next = this.#special(userId, roomId, sources, previous?.muted ?? false);
      if (previous !== undefined && next !== null) {
        previous.program = next.program;
        previous.ignored = next.ignored;
      } else if (next !== null) {
        members.special.set(userId, next);
      } else {
        members.special.delete(userId);
      }
    }
  }

  async #prepare(room: RoomInfo, joining: UserId | null): Promise<void> {
    let loading = this.#loading.get(room.roomId);
    if (loading === undefined && !this.#rooms.has(room.roomId)) {
      loading = this.#load(room).finally(() => this.#loading.delete(room.roomId));
      this.#loading.set(room.roomId, loading);
    }
    const members = (await loading) ?? this.#rooms.peek(room.roomId);
    if (joining === null || members === undefined || members.special.has(joining)) return;
    const special = this.#special(joining, room.roomId, await this.#sources([joining]), false);
    if (special !== null) members.joining.set(joining, special);
  }

  async #load(room: RoomInfo): Promise<RoomMembers> {
    const creators = await roomCreators(this.#deps.rooms, room);
    const stored = new Set(await this.#deps.mutedIn(room.nid));
    for (let attempt = 1; ; attempt += 1) {
      const epoch = this.#epoch;
      const locals = [...(await this.#deps.rooms.joinedMembers(room.roomId))].filter((userId) => this.#deps.isLocal(userId));
      const sources = await this.#sources(locals);
      if (epoch !== this.#epoch && attempt < LOAD_ATTEMPTS_MAX) continue;
      const special = new Map<UserId, SpecialMember>();
      for (const userId of locals) {
        const member = this.#special(userId, room.roomId, sources, stored.has(userId));
        if (member !== null) special.set(userId, member);
      }
      const members: RoomMembers = { special, muted: stored, joining: new Map(), creators };
      this.#rooms.set(room.roomId, members);
      return members;
    }
  }

  async #sources(userIds: readonly UserId[]): Promise<Sources> {
    if (userIds.length === 0) return { rules: new Map(), ignored: new Map() };
    const [rules, ignored] = await Promise.all([this.#deps.rulesOf(userIds), this.#deps.ignoredBy(userIds)]);
    return { rules, ignored };
  }

  /** `null` for a member like everybody else. */
  #special(userId: UserId, roomId: RoomId, { rules, ignored }: Sources, muted: boolean): SpecialMember | null {
    const own = rules.get(userId);
    const program = own === undefined ? ORDINARY : this.#compiler.compile(userId, own, roomId);
    const ignores = ignored.get(userId) ?? NOBODY_IGNORED;
    if (program.key === DEFAULT_KEY && ignores.size === 0 && !muted) return null;
    return { userId, program, ignored: ignores, muted, isSwitchStored: true };
  }
}

interface Sources {
  readonly rules: ReadonlyMap<UserId, StoredPushRules>;
  readonly ignored: ReadonlyMap<UserId, ReadonlySet<UserId>>;
}

const NOBODY_IGNORED: ReadonlySet<UserId> = new Set();
const ORDINARY: KeyedProgram = { key: DEFAULT_KEY, program: DEFAULT_PROGRAM, isQuiet: false };
