import { type BuiltEvent, buildEvent } from '../../core/events/build-event.ts';
import type { RoomId, UserId } from '../../core/ids/brands.ts';
import type { JsonObject } from '../../core/json/json-value.ts';
import type { RoomVersion } from '../../core/room-versions/room-version.ts';
import { shardOf } from '../../storage/leases/shard-of.ts';
import type { Draft } from '../actor/draft.ts';
import type { ActorDeps } from '../actor/room-actor.ts';
import { RoomHead } from '../actor/room-head.ts';
import { GroupChain } from '../state/group-chain.ts';

/** Random characters of a room id with a domain: 107 bits. */
const ROOM_ID_LENGTH = 18;

/** Everything that a new room begins with. Nothing is stored yet. */
export interface RoomPlan {
  readonly head: RoomHead;
  /** In order; the first is the create event. */
  readonly drafts: readonly Draft[];
  /** The create event, made already because the room id may follow from it. */
  readonly first: BuiltEvent;
}

export type BeginDeps = Pick<ActorDeps, 'clock' | 'rng' | 'signer'>;

/** The create event of a new room, and its head before that event. */
export function beginRoom(
  room: { nid: number; version: RoomVersion; creator: UserId; content: JsonObject },
  { clock, rng, signer }: BeginDeps,
): { head: RoomHead; first: BuiltEvent } {
  const { nid, version, creator, content } = room;
  const givenId = version.roomIds === 'domain' ? (`!${rng.token(ROOM_ID_LENGTH)}:${signer.name}` as RoomId) : undefined;
  const first = buildEvent(
    {
      ...(givenId === undefined ? {} : { roomId: givenId }),
      type: 'm.room.create',
      stateKey: '',
      sender: creator,
      content,
      depth: 1,
      originServerTs: clock.now(),
      prevEvents: [],
      authEvents: [],
    },
    {
      version,
      signer,
      ...(version.eventIds === 'field' ? { eventIdLocalpart: rng.token(ROOM_ID_LENGTH) } : {}),
      referenceHashOf: () => '',
    },
  );
  const { roomId } = first.event;
  const head = new RoomHead({
    info: { nid, roomId, version: version.id },
    shard: shardOf(roomId),
    fields: { lastNum: 0, lastSeq: 0, firstSeq: 0, lastSg: 0, maxDepth: 0, forward: [] },
    state: new Map(),
    skns: new Map(),
    lastSkn: 0,
    members: new Map(),
    chain: GroupChain.empty,
    ncum: 0,
    mainTcum: 0,
  });
  return { head, first };
}
