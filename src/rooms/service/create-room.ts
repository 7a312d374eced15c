import { MatrixError } from '../../core/errors/matrix-error.ts';
import type { RoomAlias, UserId } from '../../core/ids/brands.ts';
import { parseUserId } from '../../core/ids/user-id.ts';
import type { JsonObject } from '../../core/json/json-value.ts';
import { roomVersion } from '../../core/room-versions/room-versions.ts';
import type { RoomVersion, RoomVersionId } from '../../core/room-versions/room-version.ts';
import type { Draft } from '../actor/draft.ts';
import { type BeginDeps, beginRoom, type RoomPlan } from './begin-room.ts';

/** Users that one request may invite. */
export const CREATE_INVITES_MAX = 500;
/** State events that one request may set. */
export const CREATE_INITIAL_STATE_MAX = 500;

export type Preset = 'private_chat' | 'trusted_private_chat' | 'public_chat';

/** The request of `POST /createRoom`, read and checked. */
export interface CreateRoomRequest {
  readonly creator: UserId;
  readonly version: RoomVersionId;
  readonly preset: Preset;
  readonly creationContent: JsonObject;
  readonly initialState: readonly { type: string; stateKey: string; content: JsonObject }[];
  readonly powerLevelOverride: JsonObject | null;
  readonly name: string | null;
  readonly topic: string | null;
  readonly invite: readonly UserId[];
  readonly isDirect: boolean;
  readonly alias: RoomAlias | null;
}

/** Join rule, history visibility and guest access of a preset: https://spec.matrix.org/v1.19/client-server-api/#post_matrixclientv3createroom */
const PRESETS: Readonly<Record<Preset, { joinRule: string; historyVisibility: string; guestAccess: string }>> = {
  private_chat: { joinRule: 'invite', historyVisibility: 'shared', guestAccess: 'can_join' },
  trusted_private_chat: { joinRule: 'invite', historyVisibility: 'shared', guestAccess: 'can_join' },
  public_chat: { joinRule: 'public', historyVisibility: 'shared', guestAccess: 'forbidden' },
};

/**
 * Everything that a new room begins with, in the order that the specification gives: create, the creator's join, power levels, canonical
 * alias, preset, initial state, name, topic, invites. Nothing is stored yet.
 */
export function planRoom(
  request: CreateRoomRequest,
  options: { nid: number; profileOf: (userId: UserId) => JsonObject; deps: BeginDeps },
): RoomPlan {
  const { creator, preset } = request;
  const version = roomVersion(request.version) as RoomVersion;
  const content = createContent(request, version);
  const { head, first } = beginRoom({ nid: options.nid, version, creator, content }, options.deps);
  const state = (type: string, stateContent: JsonObject, stateKey = ''): Draft => ({
    type,
    stateKey,
    sender: creator,
    content: stateContent,
  });
  const member = (userId: UserId, membership: 'join' | 'invite'): Draft =>
    state(
      'm.room.member',
      { membership, ...options.profileOf(userId), ...(membership === 'invite' && request.isDirect ? { is_direct: true } : {}) },
      userId,
    );

  const drafts: Draft[] = [state('m.room.create', content), member(creator, 'join')];
  drafts.push(state('m.room.power_levels', powerLevels(request, version)));
  if (request.alias !== null) drafts.push(state('m.room.canonical_alias', { alias: request.alias }));
  const given = new Set(request.initialState.map(({ type, stateKey }) => `${type}\0${stateKey}`));
  const { joinRule, historyVisibility, guestAccess } = PRESETS[preset];
  const defaults = [
    state('m.room.join_rules', { join_rule: joinRule }),
    state('m.room.history_visibility', { history_visibility: historyVisibility }),
    state('m.room.guest_access', { guest_access: guestAccess }),
  ];
  drafts.push(...defaults.filter((draft) => !given.has(`${draft.type}\0`)));
  for (const { type, stateKey, content: initial } of request.initialState) {
    const overridden =
      stateKey === '' && ((type === 'm.room.name' && request.name !== null) || (type === 'm.room.topic' && request.topic !== null));
    if (!overridden) drafts.push(state(type, initial, stateKey));
  }
  if (request.name !== null) drafts.push(state('m.room.name', { name: request.name }));
  if (request.topic !== null) {
    drafts.push(state('m.room.topic', { topic: request.topic, 'm.topic': { 'm.text': [{ body: request.topic }] } }));
  }
  for (const userId of request.invite) drafts.push(member(userId, 'invite'));

  return { head, drafts, first };
}

/** Content of the create event: the caller's keys first, the server's own last, so that they cannot be overridden. */
export function createContent(
  request: Pick<CreateRoomRequest, 'creator' | 'version' | 'preset' | 'creationContent' | 'invite'>,
  version: RoomVersion,
): JsonObject {
  const { additional_creators: additional, ...rest } = request.creationContent;
  const content: JsonObject = { ...rest, room_version: request.version };
  if (version.creator === 'content') content['creator'] = request.creator;
  else delete content['creator'];
  if (!version.creatorsHaveInfinitePower) return additional === undefined ? content : { ...content, additional_creators: additional };

  const creators = new Set<string>(readAdditionalCreators(additional));
  // In this preset the invited people stand beside the creator, and power levels cannot raise them to that.
  if (request.preset === 'trusted_private_chat') for (const userId of request.invite) creators.add(userId);
  creators.delete(request.creator);
  return creators.size === 0 ? content : { ...content, additional_creators: [...creators] };
}

function readAdditionalCreators(value: unknown): string[] {
  if (value === undefined) return [];
  if (!Array.isArray(value) || !value.every((entry) => parseUserId(entry) !== null)) {
    throw new MatrixError('M_BAD_JSON', 'additional_creators must be a list of user ids');
  }
  return value as string[];
}

/** https://spec.matrix.org/v1.19/client-server-api/#mroompower_levels */
function powerLevels(request: CreateRoomRequest, version: RoomVersion): JsonObject {
  const { creator, preset, invite } = request;
  const users: JsonObject = {};
  // Creators of version 12 stand above the levels and must not be listed.
  if (!version.creatorsHaveInfinitePower) {
    users[creator] = 100;
    if (preset === 'trusted_private_chat') for (const userId of invite) users[userId] = 100;
  }
  const generated: JsonObject = {
    users,
    users_default: 0,
    events: {
      'm.room.name': 50,
      'm.room.power_levels': 100,
      'm.room.history_visibility': 100,
      'm.room.canonical_alias': 50,
      'm.room.avatar': 50,
      // Nobody but the creators replaces a room whose creators cannot be demoted.
      'm.room.tombstone': version.creatorsHaveInfinitePower ? 150 : 100,
      'm.room.server_acl': 100,
      'm.room.encryption': 100,
    },
    events_default: 0,
    state_default: 50,
    ban: 50,
    kick: 50,
    redact: 50,
    invite: 0,
  };
  return { ...generated, ...request.powerLevelOverride };
}

export function isPreset(value: unknown): value is Preset {
  return value === 'private_chat' || value === 'trusted_private_chat' || value === 'public_chat';
}
