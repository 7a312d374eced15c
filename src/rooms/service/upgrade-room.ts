import { MatrixError } from '../../core/errors/matrix-error.ts';
import type { RoomAlias, RoomId, UserId } from '../../core/ids/brands.ts';
import type { JsonObject } from '../../core/json/json-value.ts';
import { ROOM_VERSIONS } from '../../core/room-versions/room-versions.ts';
import type { RoomVersion, RoomVersionId } from '../../core/room-versions/room-version.ts';
import type { Logger } from '../../platform/logger.ts';
import { write } from '../../plugin-api/commit.ts';
import type { StoredEvent } from '../../plugin-api/stored-event.ts';
import { aliasMoveWriter, type DirectorySql, publishMoveWriter } from '../../storage/rooms/directory-sql.ts';
import type { Draft } from '../actor/draft.ts';
import { contentOf } from '../client-event/content-of.ts';
import type { RoomReader } from '../room-reader.ts';
import { beginRoom } from './begin-room.ts';
import { createContent } from './create-room.ts';
import { withoutAliases } from './room-aliases.ts';
import { maySendState } from './room-power.ts';
import type { RoomsService } from './rooms-service.ts';
import { retiredPowerLevels, upgradedPowerLevels } from './upgraded-power-levels.ts';

/** State that means the same in the new room, besides power levels, join rules and the canonical alias, which are adapted. */
const TRANSFERRED = new Set([
  'm.room.server_acl',
  'm.room.encryption',
  'm.room.name',
  'm.room.avatar',
  'm.room.topic',
  'm.room.guest_access',
  'm.room.history_visibility',
]);
/** Bans that are carried over; the newest are left out beyond it. */
const BANS_MAX = 10_000;

export interface UpgradeDeps {
  readonly rooms: RoomsService;
  readonly reader: RoomReader;
  readonly directory: DirectorySql;
  readonly log: Logger;
}

export interface UpgradeRequest {
  readonly roomId: RoomId;
  readonly by: UserId;
  readonly version: RoomVersionId;
  readonly additionalCreators: readonly UserId[];
}

/**
 * Replaces a room by one of another version: the new room with what can be transferred, its aliases and its place in the directory in
 * one step, then the tombstone in the old room, then its retirement as far as the user's power goes.
 *
 * @throws MatrixError `M_NOT_FOUND`, `M_FORBIDDEN`
 * @see https://spec.matrix.org/v1.19/client-server-api/#room-upgrades
 */
export async function upgradeRoom(deps: UpgradeDeps, request: UpgradeRequest): Promise<RoomId> {
  const { rooms, directory } = deps;
  const { roomId, by } = request;
  const view = await deps.reader.view(roomId);
  if (view === null) throw new MatrixError('M_NOT_FOUND', 'Unknown room');
  if ((await rooms.membership(roomId, by)) !== 'join') throw new MatrixError('M_FORBIDDEN', 'You are not in this room');
  if (!maySendState(await rooms.power(roomId), by, 'm.room.tombstone'))
    throw new MatrixError('M_FORBIDDEN', 'You may not upgrade this room');

  const old: OldRoom = {
    version: ROOM_VERSIONS[view.info.version],
    state: await deps.reader.eventsByNum(roomId, [...(await view.currentState()).values()]),
    aliases: await directory.aliasesOf(roomId),
    last: (await view.timeline({ after: -1, to: Number.MAX_SAFE_INTEGER, limit: 1 })).events.at(-1) ?? null,
  };
  const replacement = await rooms.createPlanned(
    (tools) => {
      const { content, drafts } = planReplacement(old, request);
      const { head, first } = beginRoom({ nid: tools.nid, version: ROOM_VERSIONS[request.version], creator: by, content }, tools.deps);
      return { head, first, drafts };
    },
    (to) => [write(aliasMoveWriter, { from: roomId, to }), write(publishMoveWriter, { from: roomId, to })],
  );
  const tombstone = { body: 'This room has been replaced', replacement_room: replacement };
  await rooms.send({ roomId, sender: by, type: 'm.room.tombstone', stateKey: '', content: tombstone });
  await retire(deps, old, request);
  return replacement;
}

interface OldRoom {
  readonly version: RoomVersion;
  readonly state: readonly StoredEvent[];
  /** Of this server. */
  readonly aliases: readonly RoomAlias[];
  readonly last: StoredEvent | null;
}

/** Power levels come last: until then whoever upgrades has a creator's power, and afterwards perhaps less than the rest needs. */
function planReplacement(old: OldRoom, request: UpgradeRequest): { content: JsonObject; drafts: Draft[] } {
  const { by, additionalCreators } = request;
  const version = ROOM_VERSIONS[request.version];
  const content = createContent(
    {
      creator: by,
      version: request.version,
      preset: 'private_chat',
      invite: [],
      creationContent: {
        ...inherited(contentIn(old, 'm.room.create')),
        predecessor: predecessorOf(request.roomId, old, version),
        ...(version.creatorsHaveInfinitePower && additionalCreators.length > 0 ? { additional_creators: [...additionalCreators] } : {}),
      },
    },
    version,
  );
  const state = (type: string, stateContent: JsonObject, stateKey = ''): Draft => ({ type, stateKey, sender: by, content: stateContent });
  const drafts = [state('m.room.create', content), state('m.room.member', { ...profileIn(old, by), membership: 'join' }, by)];
  const isSpace = content['type'] === 'm.space';
  for (const event of old.state) {
    const eventContent = contentOf(event);
    if (event.stateKey === '' && TRANSFERRED.has(event.type)) drafts.push(state(event.type, eventContent));
    // A child without `via` was taken out of the space.
    if (isSpace && event.type === 'm.space.child' && Array.isArray(eventContent['via'])) {
      drafts.push(state(event.type, eventContent, event.stateKey));
    }
  }
  const joinRules = contentIn(old, 'm.room.join_rules');
  if (joinRules !== null) drafts.push(state('m.room.join_rules', supportedJoinRules(joinRules, version)));
  const canonical = localCanonicalAlias(old);
  if (canonical !== null) drafts.push(state('m.room.canonical_alias', canonical));
  drafts.push(
    ...bansIn(old, [by, ...additionalCreators]).map(({ userId, reason }) =>
      state('m.room.member', { ...reason, membership: 'ban' }, userId),
    ),
  );
  const levels = contentIn(old, 'm.room.power_levels');
  if (levels !== null) {
    const options = { from: old.version, to: version, creator: by, additionalCreators };
    drafts.push(state('m.room.power_levels', upgradedPowerLevels(levels, options)));
  }
  return { content, drafts };
}

/** What the old room was made as. Its creators are not inherited. */
function inherited(create: JsonObject | null): JsonObject {
  const { type, 'm.federate': federate } = create ?? {};
  return { ...(type === undefined ? {} : { type }), ...(federate === undefined ? {} : { 'm.federate': federate }) };
}

/** The last event of the old room stands in it, but not where room ids are hashes: there it may be left out, and clients look for the tombstone. */
function predecessorOf(roomId: RoomId, old: OldRoom, version: RoomVersion): JsonObject {
  return { room_id: roomId, ...(old.last === null || version.roomIds === 'createHash' ? {} : { event_id: old.last.eventId }) };
}

function profileIn(old: OldRoom, userId: UserId): JsonObject {
  const { displayname, avatar_url: avatarUrl } = contentIn(old, 'm.room.member', userId) ?? {};
  return { ...(displayname === undefined ? {} : { displayname }), ...(avatarUrl === undefined ? {} : { avatar_url: avatarUrl }) };
}

/** A rule that the version does not know becomes the next stricter one. */
export function supportedJoinRules(content: JsonObject, version: RoomVersion): JsonObject {
  const rule = content['join_rule'];
  if (rule === 'knock_restricted' && !version.knockRestricted) return supportedJoinRules({ ...content, join_rule: 'restricted' }, version);
  if ((rule === 'restricted' && !version.restrictedJoins) || (rule === 'knock' && !version.knocking)) return { join_rule: 'invite' };
  return content;
}

/** The aliases of the event that move with the room. Those of other servers stay where they are. */
function localCanonicalAlias(old: OldRoom): JsonObject | null {
  const content = contentIn(old, 'm.room.canonical_alias');
  if (content === null) return null;
  const moves = (value: unknown): boolean => old.aliases.some((alias) => alias === value);
  const { alias, alt_aliases: alt } = content;
  const others = Array.isArray(alt) ? alt.filter(moves) : [];
  if (!moves(alias) && others.length === 0) return null;
  return { ...(alias !== undefined && moves(alias) ? { alias } : {}), ...(others.length > 0 ? { alt_aliases: others } : {}) };
}

function bansIn(old: OldRoom, except: readonly string[]): { userId: string; reason: JsonObject }[] {
  return old.state
    .filter((event) => event.type === 'm.room.member' && contentOf(event)['membership'] === 'ban')
    .slice(0, BANS_MAX)
    .flatMap((event) => {
      const { reason } = contentOf(event);
      if (event.stateKey === undefined || except.includes(event.stateKey)) return [];
      return [{ userId: event.stateKey, reason: typeof reason === 'string' ? { reason } : {} }];
    });
}

function contentIn(old: OldRoom, type: string, stateKey = ''): JsonObject | null {
  const event = old.state.find((candidate) => candidate.type === type && candidate.stateKey === stateKey);
  return event === undefined ? null : contentOf(event);
}

/** The old room stops naming the aliases that have moved, and only moderators can still speak in it. */
async function retire({ rooms, log }: UpgradeDeps, old: OldRoom, { roomId, by }: UpgradeRequest): Promise<void> {
  const canonical = contentIn(old, 'm.room.canonical_alias');
  const levels = contentIn(old, 'm.room.power_levels');
  const changes = [
    { type: 'm.room.canonical_alias', content: canonical === null ? null : withoutAliases(canonical, old.aliases) },
    { type: 'm.room.power_levels', content: levels === null ? null : retiredPowerLevels(levels, old.version) },
  ];
  for (const { type, content } of changes) {
    if (content === null) continue;
    try {
      await rooms.send({ roomId, sender: by, type, stateKey: '', content });
    } catch (error) {
      if (!(error instanceof MatrixError)) throw error;
      log.info({ err: error, roomId, userId: by, type }, 'a replaced room keeps some of its state');
    }
  }
}
