import type { DeviceId, RoomId, UserId } from '../core/ids/brands.ts';
import { isJsonObject } from '../core/json/json-value.ts';
import type { UserRoom } from '../plugin-api/ports.ts';
import type { StoredEvent } from '../plugin-api/stored-event.ts';
import type { SyncRequest, SyncStream } from '../plugin-api/sync-stream.ts';
import type { RoomView } from '../rooms/room-reader.ts';
import { classifyRooms, type Departure, type RoomClasses } from './classify-rooms.ts';
import { type Contributions, decorateRooms, gatherContributions, type RoomParts } from './contributions.ts';
import type { RecentLog } from './recent-log.ts';
import { planRoom } from './room-section/plan-room.ts';
import type { RoomPlan, SectionDeps, SectionRequest } from './room-section/section-types.ts';
import { addSightChanges } from './room-section/sight-changes.ts';
import { type StrippedStatePort, strippedRooms } from './room-section/stripped-rooms.ts';
import { type RoomSection, wantedEvents, writeRoom } from './room-section/write-room.ts';
import { formatSyncToken, type SyncPosition } from './sync-token.ts';
import type { MembershipSnapshot } from './watched-user.ts';
import { type StateKey, writeResponse } from './write-response.ts';

export interface AssembleDeps extends SectionDeps {
  readonly recent: RecentLog;
  readonly streams: readonly SyncStream[];
  readonly invitesBlocked: (userId: UserId) => Promise<boolean>;
  readonly strippedState: StrippedStatePort;
}

export interface AssembleRequest extends SectionRequest {
  readonly deviceId: DeviceId | null;
  readonly isGuest: boolean;
  /** The token that the client came with; null for an initial sync. */
  readonly since: SyncPosition | null;
  readonly fullState: boolean;
  readonly stateKeys: readonly StateKey[];
  readonly signal: AbortSignal;
}

export interface Assembled {
  readonly text: string;
  /** Nothing happened: a long poll may go on. */
  readonly empty: boolean;
}

/** Builds the answer for everything between the request's token and the snapshot's position. */
export async function assemble(deps: AssembleDeps, request: AssembleRequest, snapshot: MembershipSnapshot): Promise<Assembled> {
  const { userId, deviceId, since, filter, fullState } = request;
  const from = since?.pos ?? null;
  const { to } = snapshot;
  const classes = await classifyRooms(deps, { userId, snapshot, from, fullState, filter, ignored: request.ignored });
  const { plans, bare } = await planRooms(deps, request, { classes, from, to });
  const loaded = await loadEvents(deps, plans, bare);
  const eventsOf = (roomId: RoomId): ReadonlyMap<number, StoredEvent> => loaded.get(roomId) ?? new Map<number, StoredEvent>();

  const streamRequest: SyncRequest = {
    userId,
    deviceId,
    isGuest: request.isGuest,
    from,
    to,
    fullState,
    joined: classes.joined,
    newlyJoined: classes.newlyJoined,
    membershipChanges: await sightChanges(plans, classes, { from, userId, eventsOf }),
    filter: filter.source,
    signal: request.signal,
  };
  const [contributions, sections, invite, knock] = await Promise.all([
    gatherContributions(deps.streams, streamRequest, filter, since === null ? null : since.toDevice),
    Promise.all(plans.map((plan) => writeRoom(deps, request, plan, eventsOf(plan.room.roomId)))),
    strippedRooms(deps, userId, classes.invites),
    strippedRooms(deps, userId, classes.knocks),
  ]);
  const bareSections = await Promise.all(bare.map((room) => writeBare(deps, request, room, eventsOf(room.roomId))));

  const join = joinedSections(plans, sections, { contributions, classes, initial: from === null || fullState });
  const leave = [...sections.filter((_, index) => plans[index]?.room.membership !== 'join'), ...bareSections];
  const parts = await decorateRooms(deps.streams, streamRequest, filter, {
    roomIds: join.map(({ roomId }) => roomId),
    rooms: contributions.rooms,
  });
  if (deviceId !== null && filter.lazyMembers) {
    deps.memory.sent(userId, deviceId, { to, members: sections.flatMap((section) => section.members) });
  }
  const text = writeResponse({
    nextBatch: formatSyncToken({ pos: to, toDevice: contributions.toDeviceTo }),
    stateKeys: request.stateKeys,
    join: join.map(({ roomId, section }) => ({ roomId, section, parts: parts.get(roomId) })),
    leave: leave.map((section) => ({ section, parts: parts.get(section.roomId) })),
    invite,
    knock,
    contributions,
    emptyPrevBatch: formatSyncToken(to),
  });
  return { text, empty: join.length + leave.length + invite.size + knock.size === 0 && isQuiet(contributions) };
}

/** `bare`: left rooms of which only the departure is shown. */
async function planRooms(
  deps: AssembleDeps,
  request: AssembleRequest,
  input: { classes: RoomClasses; from: number | null; to: number },
): Promise<{ plans: RoomPlan[]; bare: UserRoom[] }> {
  const { classes, from, to } = input;
  const left = classes.left.filter(({ departure }) => departure !== 'event');
  const views = await deps.reader.views([...classes.changed.map((room) => room.roomId), ...left.map(({ room }) => room.roomId)]);
  const whole = classes.changed.filter((room) => from === null || classes.newlyJoined.has(room.roomId)).map((room) => room.roomId);
  const [latest] =
    whole.length === 0
      ? [null]
      : await Promise.all([
          deps.reader.latest(whole, { to, limit: Math.max(1, request.filter.timelineLimit) }),
          // Their summaries count and name members.
          deps.reader.warmMembers(whole),
        ]);
  const joinedPlans = classes.changed.map((room) => {
    const isNew = classes.newlyJoined.has(room.roomId);
    return withView(views, room, (view) =>
      planRoom(deps, request, {
        room,
        view,
        after: isNew ? null : from,
        upTo: to,
        full: from === null || isNew || request.fullState,
        latest: latest?.get(room.roomId),
        withSummary: true,
        // The client may hold an older part of the timeline, which these events do not continue.
        gap: isNew && from !== null,
      }),
    );
  });
  const leftPlans = left.map(({ room, departure }) =>
    withView(views, room, (view) =>
      planRoom(deps, request, { room, view, after: lowerBound(departure, from), upTo: room.pos, withSummary: false }),
    ),
  );
  const plans = (await Promise.all([...joinedPlans, ...leftPlans])).filter((plan) => plan !== null);
  const bare = classes.left.filter(({ departure, room }) => departure === 'event' || !views.has(room.roomId)).map(({ room }) => room);
  return { plans, bare };
}

function lowerBound(departure: Departure, from: number | null): number | null {
  return departure === 'changes' ? from : null;
}

async function withView(
  views: ReadonlyMap<RoomId, RoomView>,
  room: UserRoom,
  plan: (view: RoomView) => Promise<RoomPlan>,
): Promise<RoomPlan | null> {
  const view = views.get(room.roomId);
  return view === undefined ? null : plan(view);
}

async function loadEvents(
  deps: AssembleDeps,
  plans: readonly RoomPlan[],
  bare: readonly UserRoom[],
): Promise<Map<RoomId, Map<number, StoredEvent>>> {
  const wanted = wantedEvents(plans);
  for (const room of bare) wanted.set(room.roomId, [room.num]);
  const result = new Map<RoomId, Map<number, StoredEvent>>();
  if (wanted.size === 0) return result;
  for (const [roomId, events] of await deps.reader.eventsOfRooms(wanted)) {
    result.set(roomId, new Map(events.map((event) => [event.num, event])));
  }
  return result;
}

/** An initial sync has no before, so nobody appears in it. */
async function sightChanges(
  plans: readonly RoomPlan[],
  classes: RoomClasses,
  input: { from: number | null; userId: UserId; eventsOf: (roomId: RoomId) => ReadonlyMap<number, StoredEvent> },
): Promise<{ appeared: Set<UserId>; vanished: Set<UserId> }> {
  const changes = { appeared: new Set<UserId>(), vanished: new Set<UserId>() };
  if (input.from === null) return changes;
  for (const plan of plans) {
    const { roomId, membership } = plan.room;
    if (membership !== 'join') {
      for (const member of await plan.view.joinedMembers()) changes.vanished.add(member);
    } else if (classes.newlyJoined.has(roomId)) {
      for (const member of await plan.view.joinedMembers()) changes.appeared.add(member);
    }
    addSightChanges(plan, input.eventsOf(roomId), changes);
  }
  changes.appeared.delete(input.userId);
  changes.vanished.delete(input.userId);
  return changes;
}

/** The joined rooms of the answer: those with something new of their own, and those that a stream has something for. */
function joinedSections(
  plans: readonly RoomPlan[],
  sections: readonly RoomSection[],
  input: { contributions: Contributions; classes: RoomClasses; initial: boolean },
): { roomId: RoomId; section: RoomSection | null }[] {
  const { contributions, classes, initial } = input;
  const join = new Map<RoomId, RoomSection | null>();
  plans.forEach((plan, index) => {
    const section = sections[index];
    if (section === undefined || plan.room.membership !== 'join') return;
    const news = section.timeline.length > 0 || section.limited || section.state.length > 0 || section.summary !== null;
    if (initial || news || hasEvents(contributions.rooms.get(section.roomId))) join.set(section.roomId, section);
  });
  for (const [roomId, parts] of contributions.rooms) {
    if (!join.has(roomId) && classes.joined.has(roomId) && hasEvents(parts)) join.set(roomId, null);
  }
  return [...join].map(([roomId, section]) => ({ roomId, section }));
}

function hasEvents(parts: RoomParts | undefined): boolean {
  return parts !== undefined && (parts.ephemeral.length > 0 || parts.accountData.length > 0);
}

/** Key counts stand in every answer and are no news. */
function isQuiet({ presence, accountData, toDevice, top }: Contributions): boolean {
  if (presence.length + accountData.length + toDevice.length > 0) return false;
  const lists = top['device_lists'];
  return !isJsonObject(lists) || Object.values(lists).every((list) => !Array.isArray(list) || list.length === 0);
}

/** A room that the user was never in, as far as this window goes: the member event that ended the invite or the knock. */
async function writeBare(
  deps: AssembleDeps,
  request: AssembleRequest,
  room: UserRoom,
  events: ReadonlyMap<number, StoredEvent>,
): Promise<RoomSection> {
  const own = events.get(room.num);
  const timeline = await deps.serializer.serialize({
    viewer: { userId: request.userId, txnScope: request.txnScope },
    roomId: room.roomId,
    events: own === undefined ? [] : [own],
    format: request.filter.source.eventFormat,
    withRoomId: false,
    withMembership: false,
    fields: request.filter.fields,
  });
  return {
    roomId: room.roomId,
    timeline,
    limited: false,
    prevBatch: formatSyncToken(room.pos),
    // A client that asked for the state after the timeline takes none from the timeline.
    state: request.stateAfter ? timeline : [],
    summary: null,
    members: [],
  };
}
