import { MatrixError } from '../../core/errors/matrix-error.ts';
import type { EventId, RoomId, UserId } from '../../core/ids/brands.ts';
import type { JsonObject } from '../../core/json/json-value.ts';
import { splitStateTuple, stateTuple, type StateTuple } from '../../core/state-res/state-map.ts';
import type { Logger } from '../../platform/logger.ts';
import { type Write, write } from '../../plugin-api/commit.ts';
import type { HookInputs, HookName } from '../../plugin-api/hooks.ts';
import type { Membership, RoomInfo, RoomsPort, SendOptions, SendResult, UserRoom } from '../../plugin-api/ports.ts';
import type { StoredEvent } from '../../plugin-api/stored-event.ts';
import { aliasWriter, type DirectorySql, publishWriter } from '../../storage/rooms/directory-sql.ts';
import { forgetWriter } from '../../storage/rooms/room-rows.ts';
import type { ActorDirectory } from '../actor/actor-directory.ts';
import type { Draft } from '../actor/draft.ts';
import type { ActorDeps } from '../actor/room-actor.ts';
import { isShown, versionOf } from '../events/event-store.ts';
import type { IngestOutcome } from '../ingest/ingest-outcome.ts';
import type { RoomIngest } from '../ingest/room-ingest.ts';
import type { RoomPorts } from '../ports.ts';
import type { RoomReadModel } from '../read/read-model.ts';
import type { BeginDeps, RoomPlan } from './begin-room.ts';
import { type CreateRoomRequest, planRoom } from './create-room.ts';
import { allowedRooms, authorisingUser, checkTransition } from './membership-content.ts';
import type { RoomPower } from './room-power.ts';
import type { TxnCache } from './txn-cache.ts';

/** Room numbers that are fetched at a time. */
const NID_BLOCK = 32;

export interface RoomsServiceDeps {
  readonly actors: ActorDirectory;
  readonly actorDeps: ActorDeps;
  readonly reader: RoomReadModel;
  readonly directory: DirectorySql;
  readonly txns: TxnCache;
  readonly ingest: RoomIngest;
  readonly ports: RoomPorts;
  readonly log: Logger;
}

/** Rooms as endpoints and modules use them. Reads are of committed state; writes resolve when they are durable. */
export class RoomsService implements RoomsPort {
  readonly #deps: RoomsServiceDeps;
  #nids: number[] = [];

  constructor(deps: RoomsServiceDeps) {
    this.#deps = deps;
  }

  /**
   * Makes a room with everything the request asked for, in one batch: all of it or nothing.
   *
   * @throws MatrixError `M_ROOM_IN_USE`, `M_INVALID_ROOM_STATE`, `M_BAD_JSON`, `M_FORBIDDEN`
   */
  async create(request: CreateRoomRequest, options: { publish: boolean }): Promise<{ roomId: RoomId }> {
    const { actorDeps, ports, directory } = this.#deps;
    if (request.alias !== null && (await directory.alias(request.alias)) !== null) {
      throw new MatrixError('M_ROOM_IN_USE', 'The room alias is already taken');
    }
    const profiles = new Map<UserId, JsonObject>();
    for (const userId of [request.creator, ...request.invite]) profiles.set(userId, (await ports.profileOf(userId)) ?? {});
    const plan = planRoom(request, {
      nid: await this.#nextNid(),
      profileOf: (userId) => profiles.get(userId) ?? {},
      deps: actorDeps,
    });
    const { roomId } = plan.head.info;
    for (const userId of request.invite) await this.#check('checkInvite', { roomId, inviter: request.creator, invitee: userId });
    const now = actorDeps.clock.now();
    await this.#store(plan, [
      ...(request.alias === null ? [] : [write(aliasWriter, { alias: request.alias, roomId, creator: request.creator, createdTs: now })]),
      ...(options.publish ? [write(publishWriter, { roomId, by: request.creator, ts: now })] : []),
    ]);
    return { roomId };
  }

  /** Makes a room that is planned elsewhere. `extra`: rows that are written with it. */
  async createPlanned(
    plan: (tools: { nid: number; deps: BeginDeps }) => RoomPlan,
    extra: (roomId: RoomId) => readonly Write[],
  ): Promise<RoomId> {
    const planned = plan({ nid: await this.#nextNid(), deps: this.#deps.actorDeps });
    const { roomId } = planned.head.info;
    await this.#store(planned, extra(roomId));
    return roomId;
  }

  async send(options: SendOptions): Promise<SendResult> {
    const { roomId, sender, type, stateKey, content, originServerTs, redacts, txn } = options;
    if (type === 'm.room.create') throw new MatrixError('M_BAD_STATE', 'A room has one create event');
    const info = await this.#known(roomId);
    const draft: Draft = { type, stateKey, sender, content, originServerTs, redacts };
    const run = async (withTxn: Draft): Promise<SendResult> => {
      await this.#check('checkEvent', { roomId, sender, type, stateKey, content, origin: null });
      return this.#sendOne(roomId, withTxn);
    };
    if (txn === undefined) return run(draft);
    return this.#deps.txns.once({ userId: sender, scope: txn.scope, roomNid: info.nid, txnId: txn.id }, (userNid) =>
      run({ ...draft, txn: { userNid, scope: txn.scope, id: txn.id } }),
    );
  }

  /**
   * Takes events that were not made for a user of this server just now: from elsewhere, or on an older part of the graph. One
   * outcome per PDU, in order, when what was accepted is durable.
   */
  receive(request: Parameters<RoomIngest['receive']>[0]): Promise<IngestOutcome[]> {
    return this.#deps.ingest.receive(request);
  }

  async setMembership(options: Parameters<RoomsPort['setMembership']>[0]): Promise<SendResult> {
    const { roomId, sender, target, membership, reason, txn } = options;
    const { ports } = this.#deps;
    await this.#known(roomId);
    // Who answers for a restricted join is for this server to say.
    const { join_authorised_via_users_server: _claimed, ...content } = options.content ?? {};
    const isSelf = sender === target;
    const current = await this.membership(roomId, target);
    checkTransition({ current, wanted: membership, isSelf });
    if (membership === 'invite') {
      if (ports.isLocal(target) && !(await ports.userExists(target)))
        throw new MatrixError('M_NOT_FOUND', 'The invited user does not exist');
      await this.#check('checkInvite', { roomId, inviter: sender, invitee: target });
    }
    if (membership === 'join' && isSelf) await this.#check('checkJoin', { roomId, userId: target, isInvited: current === 'invite' });
    const profile = membership === 'join' || membership === 'invite' || membership === 'knock' ? await ports.profileOf(target) : null;
    const authoriser = membership === 'join' && isSelf && current !== 'invite' ? await this.#authoriserOf(roomId, target, current) : null;
    return this.send({
      roomId,
      sender,
      type: 'm.room.member',
      stateKey: target,
      content: {
        ...profile,
        ...content,
        ...(reason === undefined ? {} : { reason }),
        ...(authoriser === null ? {} : { join_authorised_via_users_server: authoriser }),
        membership,
      },
      ...(txn === undefined ? {} : { txn }),
    });
  }

  /** Takes a left room out of the user's list (`POST /forget`). */
  async forget(roomId: RoomId, userId: UserId): Promise<void> {
    const room = (await this.roomsOf(userId)).get(roomId);
    if (room === undefined) throw new MatrixError('M_NOT_FOUND', 'You have not been in this room');
    if (room.membership !== 'leave' && room.membership !== 'ban') {
      throw new MatrixError('M_UNKNOWN', 'Leave the room before forgetting it');
    }
    const userNid = await this.#deps.actorDeps.users.number(userId);
    await this.#deps.actorDeps.commits.commit({
      stream: 'forget',
      durability: 'durable',
      users: [userId],
      writes: [write(forgetWriter, { userNid, roomNid: room.nid })],
      onCommitted: () => this.#deps.reader.forget(userId, roomId),
    });
  }

  async propagateProfile(userId: UserId): Promise<void> {
    const profile = (await this.#deps.ports.profileOf(userId)) ?? {};
    for (const room of (await this.roomsOf(userId)).values()) {
      if (room.membership !== 'join') continue;
      const current = await this.stateEvent(room.roomId, 'm.room.member', userId);
      if (current === null) continue;
      const { displayname: _name, avatar_url: _avatar, ...rest } = this.content(current);
      try {
        await this.send({
          roomId: room.roomId,
          sender: userId,
          type: 'm.room.member',
          stateKey: userId,
          content: { ...rest, ...profile },
        });
      } catch (error) {
        // One room that refuses must not keep the others from hearing of it.
        this.#deps.log.info({ err: error, roomId: room.roomId, userId }, 'a profile change was not taken over by a room');
      }
    }
  }

  async info(roomId: RoomId): Promise<RoomInfo | null> {
    return (await this.#deps.reader.view(roomId))?.info ?? null;
  }

  roomsOf(userId: UserId): Promise<ReadonlyMap<RoomId, UserRoom>> {
    return this.#deps.reader.roomsOf(userId);
  }

  async membership(roomId: RoomId, userId: UserId): Promise<Membership | null> {
    return (await this.roomsOf(userId)).get(roomId)?.membership ?? null;
  }

  async joinedMembers(roomId: RoomId): Promise<ReadonlySet<UserId>> {
    return (await (await this.#deps.reader.view(roomId))?.joinedMembers()) ?? new Set();
  }

  async shareRoom(a: UserId, b: UserId): Promise<boolean> {
    const [ofA, ofB] = await Promise.all([this.roomsOf(a), this.roomsOf(b)]);
    for (const room of ofA.values()) {
      if (room.membership === 'join' && ofB.get(room.roomId)?.membership === 'join') return true;
    }
    return false;
  }

  async usersSharingRoom(userId: UserId): Promise<ReadonlySet<UserId>> {
    const rooms = [...(await this.roomsOf(userId)).values()].filter((room) => room.membership === 'join').map((room) => room.roomId);
    await this.#deps.reader.warmMembers(rooms);
    const users = new Set<UserId>();
    for (const roomId of rooms) for (const member of await this.joinedMembers(roomId)) users.add(member);
    users.delete(userId);
    return users;
  }

  async membershipChanges(options: { userId: UserId; from: number; to: number }): ReturnType<RoomsPort['membershipChanges']> {
    const { userId, from, to } = options;
    const appeared = new Set<UserId>();
    const vanished = new Set<UserId>();
    const stayed: number[] = [];
    for (const room of (await this.roomsOf(userId)).values()) {
      const moved = room.pos > from && room.pos <= to;
      if (room.membership === 'join' && !moved) stayed.push(room.nid);
      if (!moved) continue;
      const into = room.membership === 'join' ? appeared : room.membership === 'leave' || room.membership === 'ban' ? vanished : null;
      if (into !== null) for (const member of await this.joinedMembers(room.roomId)) into.add(member);
    }
    if (stayed.length > 0) {
      for (const member of await this.#deps.actorDeps.sql.membersChanged(stayed, from, to)) {
        if (member.membership === 'join') appeared.add(member.userId);
        else if (member.membership === 'leave' || member.membership === 'ban') vanished.add(member.userId);
      }
    }
    appeared.delete(userId);
    vanished.delete(userId);
    return { appeared, vanished };
  }

  async stateEvent(roomId: RoomId, type: string, stateKey: string): Promise<StoredEvent | null> {
    const view = await this.#deps.reader.view(roomId);
    const num = (await view?.currentState())?.get(stateTuple(type, stateKey));
    if (num === undefined) return null;
    return (await this.#deps.reader.eventsByNum(roomId, [num]))[0] ?? null;
  }

  async currentState(roomId: RoomId): Promise<ReadonlyMap<StateTuple, number>> {
    return (await (await this.#deps.reader.view(roomId))?.currentState()) ?? new Map();
  }

  eventsByNum(roomId: RoomId, nums: readonly number[]): Promise<StoredEvent[]> {
    return this.#deps.reader.eventsByNum(roomId, nums);
  }

  async event(roomId: RoomId, eventId: EventId): Promise<StoredEvent | null> {
    return (await this.#deps.reader.eventsById(roomId, [eventId]))[0] ?? null;
  }

  /** Events with this id, which is unique in a room only. Says nothing about who may see them. */
  async eventsWithId(eventId: EventId): Promise<StoredEvent[]> {
    return (await this.#deps.actorDeps.sql.eventsById([eventId])).filter(isShown);
  }

  async visibleEvent({ roomId, eventId, userId }: { roomId: RoomId; eventId: EventId; userId: UserId }): Promise<StoredEvent | null> {
    const event = await this.event(roomId, eventId);
    if (event === null || !isShown(event)) return null;
    return (await this.#deps.reader.filterVisible(userId, roomId, [event]))[0] ?? null;
  }

  /** The timeline event nearest to a time (ms): at or before it (`b`), at or after it (`f`). Says nothing about who may see it. */
  async nearestByTime(roomId: RoomId, ts: number, dir: 'b' | 'f'): Promise<StoredEvent | null> {
    const info = await this.info(roomId);
    return info === null ? null : this.#deps.actorDeps.sql.nearestByTime(info.nid, ts, dir);
  }

  content(event: StoredEvent): JsonObject {
    return this.#deps.actorDeps.events.content(event);
  }

  async #sendOne(roomId: RoomId, draft: Draft): Promise<SendResult> {
    const [result] = await this.#deps.actors.with(roomId, (actor) => actor.send([draft]));
    if (result === undefined) throw new Error('one draft gave no result');
    return result;
  }

  async #store(plan: RoomPlan, extra: readonly Write[]): Promise<void> {
    const { actors, actorDeps } = this.#deps;
    try {
      await actors.adopt(plan.head).send(plan.drafts, { newRoom: { createdTs: actorDeps.clock.now() }, first: plan.first, extra });
    } catch (error) {
      if (isUniqueViolation(error)) throw new MatrixError('M_ROOM_IN_USE', 'The room alias is already taken', { cause: error });
      if (error instanceof MatrixError && (error.errcode === 'M_FORBIDDEN' || error.errcode === 'M_BAD_JSON')) {
        throw new MatrixError('M_INVALID_ROOM_STATE', `The room cannot begin like this: ${error.message}`, { cause: error });
      }
      throw error;
    }
  }

  /** Whose invite power a join of a restricted room borrows; null when it needs none. */
  async #authoriserOf(roomId: RoomId, userId: UserId, current: Membership | null): Promise<UserId | null> {
    if (current === 'join') return null;
    const rules = await this.stateEvent(roomId, 'm.room.join_rules', '');
    const info = await this.#known(roomId);
    const allowed = allowedRooms(rules === null ? undefined : this.content(rules), versionOf(info));
    if (allowed === null) return null;
    const memberships = await this.roomsOf(userId);
    if (!allowed.some((room) => memberships.get(room)?.membership === 'join')) {
      throw new MatrixError('M_FORBIDDEN', 'You are not in any of the rooms whose members may join this room');
    }
    const members = await this.joinedMembers(roomId);
    return authorisingUser({
      ...(await this.power(roomId)),
      joinedLocals: [...members].filter((member) => this.#deps.ports.isLocal(member)),
    });
  }

  /** Create event and power levels of the committed state, for questions about power. @throws MatrixError `M_NOT_FOUND` */
  async power(roomId: RoomId): Promise<RoomPower> {
    const info = await this.#known(roomId);
    const loaded = new Map<StateTuple, StoredEvent>();
    for (const tuple of [stateTuple('m.room.create', ''), stateTuple('m.room.power_levels', '')]) {
      const { type, stateKey } = splitStateTuple(tuple);
      const event = await this.stateEvent(roomId, type, stateKey);
      if (event !== null) loaded.set(tuple, event);
    }
    const version = versionOf(info);
    const state: RoomPower['state'] = (type, stateKey) => {
      const event = loaded.get(stateTuple(type, stateKey));
      return event === undefined ? undefined : this.#deps.actorDeps.events.roomEvent(event, version);
    };
    return { state, version };
  }

  async #known(roomId: RoomId): Promise<RoomInfo> {
    const info = await this.info(roomId);
    if (info === null) throw new MatrixError('M_NOT_FOUND', 'Unknown room');
    return info;
  }

  async #check<Name extends HookName>(name: Name, input: HookInputs[Name]): Promise<void> {
    const verdict = await this.#deps.ports.check(name, input);
    if (!verdict.allow) throw new MatrixError(verdict.errcode, verdict.reason);
  }

  async #nextNid(): Promise<number> {
    if (this.#nids.length === 0) this.#nids.push(...(await this.#deps.actorDeps.sql.reserveRoomNids(NID_BLOCK)));
    const nid = this.#nids.shift();
    return nid ?? this.#nextNid();
  }
}

function isUniqueViolation(error: unknown): boolean {
  return (error as { code?: unknown } | null)?.code === '23505';
}
