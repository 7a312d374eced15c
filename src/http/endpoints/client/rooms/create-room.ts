import { Type } from 'typebox';
import { MatrixError } from '../../../../core/errors/matrix-error.ts';
import { parseRoomAlias } from '../../../../core/ids/room-alias.ts';
import { parseUserId } from '../../../../core/ids/user-id.ts';
import type { RoomAlias, UserId } from '../../../../core/ids/brands.ts';
import type { JsonObject } from '../../../../core/json/json-value.ts';
import { roomVersion } from '../../../../core/room-versions/room-versions.ts';
import type { RoomVersionId } from '../../../../core/room-versions/room-version.ts';
import { endpointFactory } from '../../../../plugin-api/endpoint.ts';
import type { HookInputs, Verdict } from '../../../../plugin-api/hooks.ts';
import { CREATE_INITIAL_STATE_MAX, CREATE_INVITES_MAX, isPreset, type Preset } from '../../../../rooms/service/create-room.ts';
import type { RoomEndpointDeps } from './room-endpoint.ts';

export interface CreateRoomDeps extends RoomEndpointDeps {
  readonly defaultRoomVersion: RoomVersionId;
  /** Rooms that are encrypted although the client did not ask for it. */
  readonly encryption: 'off' | 'private' | 'all';
  readonly check: (name: 'checkRoomCreation', input: HookInputs['checkRoomCreation']) => Promise<Verdict>;
}

const Content = Type.Record(Type.String(), Type.Unknown());

/** @see https://spec.matrix.org/v1.19/client-server-api/#post_matrixclientv3createroom */
export const createRoom = endpointFactory<CreateRoomDeps>()({
  method: 'POST',
  path: '/_matrix/client/v3/createRoom',
  auth: 'user',
  limit: 'create_room',
  body: Type.Object({
    visibility: Type.Optional(Type.Union([Type.Literal('public'), Type.Literal('private')])),
    room_alias_name: Type.Optional(Type.String()),
    name: Type.Optional(Type.String()),
    topic: Type.Optional(Type.String()),
    invite: Type.Optional(Type.Array(Type.String(), { maxItems: CREATE_INVITES_MAX })),
    invite_3pid: Type.Optional(Type.Array(Content)),
    room_version: Type.Optional(Type.String()),
    creation_content: Type.Optional(Content),
    initial_state: Type.Optional(
      Type.Array(Type.Object({ type: Type.String(), state_key: Type.Optional(Type.String()), content: Content }), {
        maxItems: CREATE_INITIAL_STATE_MAX,
      }),
    ),
    preset: Type.Optional(Type.String()),
    is_direct: Type.Optional(Type.Boolean()),
    power_level_content_override: Type.Optional(Content),
  }),
  handler: async ({ deps, requester, body }) => {
    const creator = requester.userId;
    const verdict = await deps.check('checkRoomCreation', { creator, body: body as JsonObject });
    if (!verdict.allow) throw new MatrixError(verdict.errcode, verdict.reason);
    if ((body.invite_3pid ?? []).length > 0) {
      throw new MatrixError('M_THREEPID_DENIED', 'This server has no identity server to invite by e-mail or phone');
    }
    const visibility = body.visibility ?? 'private';
    const preset = readPreset(body.preset) ?? (visibility === 'public' ? 'public_chat' : 'private_chat');
    const initialState = (body.initial_state ?? []).map((event) => ({
      type: event.type,
      stateKey: event.state_key ?? '',
      content: event.content as JsonObject,
    }));
    const encrypts = deps.encryption === 'all' || (deps.encryption === 'private' && preset !== 'public_chat');
    if (encrypts && !initialState.some((event) => event.type === 'm.room.encryption')) {
      initialState.push({ type: 'm.room.encryption', stateKey: '', content: { algorithm: 'm.megolm.v1.aes-sha2' } });
    }
    const { roomId } = await deps.rooms.create(
      {
        creator,
        version: readVersion(body.room_version, deps.defaultRoomVersion),
        preset,
        creationContent: (body.creation_content ?? {}) as JsonObject,
        initialState,
        powerLevelOverride: (body.power_level_content_override ?? null) as JsonObject | null,
        name: body.name ?? null,
        topic: body.topic ?? null,
        invite: readInvites(body.invite ?? [], creator),
        isDirect: body.is_direct ?? false,
        alias: body.room_alias_name === undefined ? null : readAlias(body.room_alias_name, deps.server.serverName),
      },
      { publish: visibility === 'public' },
    );
    return { room_id: roomId };
  },
});

function readPreset(value: string | undefined): Preset | null {
  if (value === undefined) return null;
  if (!isPreset(value)) throw new MatrixError('M_BAD_JSON', `There is no preset ${value}`);
  return value;
}

function readVersion(value: string | undefined, fallback: RoomVersionId): RoomVersionId {
  if (value === undefined) return fallback;
  const version = roomVersion(value);
  if (version === null) throw new MatrixError('M_UNSUPPORTED_ROOM_VERSION', `Room version ${value} is not supported`);
  return version.id;
}

function readInvites(invites: readonly string[], creator: UserId): UserId[] {
  const users = new Set<UserId>();
  for (const raw of invites) {
    const userId = parseUserId(raw);
    if (userId === null) throw new MatrixError('M_INVALID_PARAM', `${raw} is not a user id`);
    if (userId !== creator) users.add(userId);
  }
  return [...users];
}

/** The name is a local part: it cannot contain what separates the parts of an alias. */
function readAlias(name: string, serverName: string): RoomAlias {
  const alias = /[:#\s\0]/.test(name) ? null : parseRoomAlias(`#${name}:${serverName}`);
  if (alias === null) throw new MatrixError('M_INVALID_PARAM', 'room_alias_name is not the local part of an alias');
  return alias;
}
