import type { RoomId, UserId } from '../core/ids/brands.ts';
import type { UserRoom } from '../plugin-api/ports.ts';
import type { RoomReader } from '../rooms/room-reader.ts';
import type { CompiledFilter } from './compiled-filter.ts';
import { membershipWindow } from './membership-window.ts';
import type { RecentLog } from './recent-log.ts';
import { changesAfter, type MembershipSnapshot } from './watched-user.ts';

/** How a left room is shown. */
export type Departure =
  /** The user was in the room when the window began: what happened until the departure. */
  | 'changes'
  /** The user came and went inside the window, or everything is new to the client. */
  | 'whole'
  /** The user never was in the room in the window (a declined invite, a withdrawn knock): the departure and nothing else. */
  | 'event';

export interface RoomClasses {
  /** Every joined room that the filter admits. */
  readonly joined: ReadonlyMap<RoomId, UserRoom>;
  /** Joined rooms that may have something new. */
  readonly changed: readonly UserRoom[];
  readonly newlyJoined: ReadonlySet<RoomId>;
  readonly left: readonly { readonly room: UserRoom; readonly departure: Departure }[];
  readonly invites: readonly UserRoom[];
  readonly knocks: readonly UserRoom[];
}

/**
 * Sorts the user's rooms into the sections of an answer. Incrementally it looks only at memberships that changed after `from` and at
 * rooms that the recent log names.
 */
export async function classifyRooms(
  deps: { readonly reader: RoomReader; readonly recent: RecentLog; readonly invitesBlocked: (userId: UserId) => Promise<boolean> },
  input: {
    readonly userId: UserId;
    readonly snapshot: MembershipSnapshot;
    /** Null for an initial sync. */
    readonly from: number | null;
    readonly fullState: boolean;
    readonly filter: CompiledFilter;
    readonly ignored: ReadonlySet<UserId>;
  },
): Promise<RoomClasses> {
  const { snapshot, from, filter, ignored } = input;
  const allowed = filter.roomAllowed;
  const joined = allowed === null ? snapshot.joined : new Map([...snapshot.joined].filter(([roomId]) => allowed(roomId)));
  const newlyJoined = new Set<RoomId>();
  const left: { room: UserRoom; departure: Departure }[] = [];
  const invites: UserRoom[] = [];
  const knocks: UserRoom[] = [];
  for (const room of from === null ? snapshot.byPos : changesAfter(from, snapshot.byPos)) {
    if (allowed !== null && !allowed(room.roomId)) continue;
    switch (room.membership) {
      case 'join':
        if (from !== null && (await membershipWindow(deps.reader, room, from)).wasOut) newlyJoined.add(room.roomId);
        break;
      case 'invite':
        // https://spec.matrix.org/v1.19/client-server-api/#server-behaviour-14: invites of ignored users are withheld.
        if (!ignored.has(room.sender)) invites.push(room);
        break;
      case 'knock':
        knocks.push(room);
        break;
      default:
        // A forgotten room is not mentioned again; the departure itself is still news to the user's other devices.
        if (from === null && (room.forgotten || !filter.source.room.includeLeave)) break;
        left.push({ room, departure: await departureOf(deps.reader, room, from) });
    }
  }
  const changed =
    from === null || input.fullState ? [...joined.values()] : await changedRooms(deps, joined, { from, newlyJoined: [...newlyJoined] });
  // https://spec.matrix.org/v1.19/client-server-api/#invite-permission: invites from before are withheld as well.
  const withheld = invites.length > 0 && (await deps.invitesBlocked(input.userId));
  return { joined, changed, newlyJoined, left, invites: withheld ? [] : invites, knocks };
}

async function departureOf(reader: RoomReader, room: UserRoom, from: number | null): Promise<Departure> {
  const window = await membershipWindow(reader, room, from ?? 0);
  if (!window.wasJoined) return 'event';
  return from !== null && window.before === 'join' ? 'changes' : 'whole';
}

async function changedRooms(
  { reader, recent }: { readonly reader: RoomReader; readonly recent: RecentLog },
  joined: ReadonlyMap<RoomId, UserRoom>,
  input: { from: number; newlyJoined: readonly RoomId[] },
): Promise<UserRoom[]> {
  const { changed, unknown } = recent.changedSince(input.from, joined);
  const ids = new Set([...changed, ...input.newlyJoined]);
  const cold: RoomId[] = [];
  for (const roomId of unknown) {
    const last = reader.lastPosIfWarm(roomId);
    if (last === undefined) cold.push(roomId);
    else if (last > input.from) ids.add(roomId);
  }
  if (cold.length > 0) {
    for (const [roomId, view] of await reader.views(cold)) if (view.lastPos > input.from) ids.add(roomId);
  }
  return [...ids].map((roomId) => joined.get(roomId)).filter((room) => room !== undefined);
}
