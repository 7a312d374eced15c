import type { EventId } from '../../../core/ids/brands.ts';
import type { RoomVersion, RoomVersionId } from '../../../core/room-versions/room-version.ts';
import { stateTuple } from '../../../core/state-res/state-map.ts';
import { join, member, type State, topic, VectorRoom } from './vector-room.ts';

export type Algorithm = RoomVersion['stateResolution'];

export interface ResolverVector {
  readonly algorithm: Algorithm;
  /** What must win, for the message. */
  readonly name: string;
  readonly room: VectorRoom;
  readonly states: readonly State[];
  /** Type, state key, label of the event that must be there; null: nothing may be there. */
  readonly expected: readonly (readonly [type: string, stateKey: string, id: string | null])[];
}

const POWER = 'm.room.power_levels';
const MEMBER = 'm.room.member';
const RULES = 'm.room.join_rules';
const TOPIC = 'm.room.topic';

/** Room versions in which an algorithm is tried: one for each set of auth rules that matters here. */
const VERSIONS: { readonly [Name in Algorithm]: readonly RoomVersionId[] } = { v1: ['1'], v2: ['2', '6', '11'], 'v2.1': ['12'] };

type Scenario = (room: VectorRoom) => Pick<ResolverVector, 'name' | 'states' | 'expected'>;

/** Rules that every algorithm has. */
const COMMON: readonly Scenario[] = [
  (room) => {
    const base = room.start();
    return {
      name: 'equal states resolve to themselves',
      states: [base, new Map(base)],
      expected: [
        [POWER, '', 'pl'],
        [RULES, '', 'jr'],
      ],
    };
  },
  (room) => {
    const base = room.start();
    return {
      name: 'two joins at once both stay',
      states: [room.send(base, join('@dan:x')), room.send(base, join('@eve:x'))],
      expected: [
        [MEMBER, '@dan:x', 'join-dan'],
        [MEMBER, '@eve:x', 'join-eve'],
      ],
    };
  },
];

/** https://spec.matrix.org/v1.19/rooms/v2/#state-resolution */
const SINCE_V2: readonly Scenario[] = [
  (room) => {
    const base = room.start();
    const banned = room.send(base, { ...member('ban-bob', '@alice:x', '@bob:x', 'ban'), ts: 100 });
    const promoted = room.send(base, { ...room.power('pl-bob', '@bob:x', { '@bob:x': 50, '@carol:x': 50 }), ts: 50 });
    return {
      name: "a ban beats the banned moderator's older power levels",
      states: [banned, promoted],
      expected: [
        [MEMBER, '@bob:x', 'ban-bob'],
        [POWER, '', 'pl'],
      ],
    };
  },
  (room) => {
    const base = room.send(room.start(), topic('topic-1', '@alice:x'));
    return {
      name: 'a kick beats the topic that the kicked user set meanwhile',
      states: [room.send(base, member('kick-bob', '@alice:x', '@bob:x', 'leave')), room.send(base, topic('topic-2', '@bob:x'))],
      expected: [
        [MEMBER, '@bob:x', 'kick-bob'],
        [TOPIC, '', 'topic-1'],
      ],
    };
  },
  (room) => {
    const base = room.start();
    const closed = room.send(base, { id: 'jr-closed', type: RULES, sender: '@alice:x', content: { join_rule: 'invite' }, ts: 200 });
    return {
      name: 'closing the room beats an older join that did not know of it',
      states: [closed, room.send(base, { ...join('@dan:x'), ts: 100 })],
      expected: [
        [RULES, '', 'jr-closed'],
        [MEMBER, '@dan:x', null],
      ],
    };
  },
  (room) => {
    const base = room.start();
    return {
      name: "the admin's power levels come before the moderator's older ones",
      states: [
        room.send(base, { ...room.power('pl-alice', '@alice:x', {}), ts: 200 }),
        room.send(base, { ...room.power('pl-bob', '@bob:x', { '@bob:x': 50, '@carol:x': 50 }), ts: 100 }),
      ],
      expected: [[POWER, '', 'pl-alice']],
    };
  },
  (room) => {
    const base = room.start();
    return {
      name: 'of two topics under the same power levels the later one wins',
      states: [room.send(base, { ...topic('z-early', '@bob:x'), ts: 100 }), room.send(base, { ...topic('a-late', '@bob:x'), ts: 101 })],
      expected: [[TOPIC, '', 'a-late']],
    };
  },
  (room) => {
    const base = room.start();
    return {
      name: 'of two topics at the same time the one with the greater event id wins',
      states: [room.send(base, { ...topic('a', '@bob:x'), ts: 100 }), room.send(base, { ...topic('b', '@alice:x'), ts: 100 })],
      expected: [[TOPIC, '', 'b']],
    };
  },
  (room) => {
    const base = room.start();
    const old = room.send(base, { ...topic('topic-old', '@bob:x'), ts: 1_000 });
    const renewed = room.sendAll(
      base,
      room.power('pl-2', '@alice:x', { '@bob:x': 51 }),
      room.power('pl-3', '@alice:x', { '@bob:x': 52 }),
      topic('topic-new', '@bob:x'),
    );
    return {
      name: 'a topic that builds on newer power levels beats a later one that builds on older ones',
      states: [old, renewed],
      expected: [
        [POWER, '', 'pl-3'],
        [TOPIC, '', 'topic-new'],
      ],
    };
  },
];

/** https://spec.matrix.org/v1.19/rooms/v1/#state-resolution */
const ONLY_V1: readonly Scenario[] = [
  (room) => {
    const base = room.start();
    return {
      name: 'of two topics the deeper one wins, whatever their timestamps',
      states: [room.send(base, { ...topic('z-first', '@alice:x'), ts: 200 }), room.send(base, { ...topic('a-second', '@bob:x'), ts: 100 })],
      expected: [[TOPIC, '', 'a-second']],
    };
  },
];

/** What the later algorithm mends. */
const ONLY_V2: readonly Scenario[] = [
  (room) => ({
    name: 'join rules of an admin who has left since are lost, because resolution begins with what is not in conflict',
    states: departedAdmin(room),
    expected: [
      [RULES, '', null],
      [MEMBER, '@alice:x', 'leave-alice'],
    ],
  }),
];

/** Alice closes the room and leaves; Bob's server and Carol's server each lack something of what the other has seen. */
function departedAdmin(room: VectorRoom): State[] {
  const base = room.start();
  const closed = room.send(base, { id: 'jr-closed', type: RULES, sender: '@alice:x', content: { join_rule: 'invite' } });
  const left = room.send(closed, member('leave-alice', '@alice:x', '@alice:x', 'leave'));
  const ofBob = room.send(left, join('@bob:x', 'rejoin-bob'));
  const ofCarol = room.send(left, join('@carol:x', 'rejoin-carol'));
  return [ofBob, new Map(ofCarol).set(stateTuple(RULES, ''), '$jr' as EventId)];
}

/** https://spec.matrix.org/v1.19/rooms/v12/#state-resolution */
const SINCE_V2_1: readonly Scenario[] = [
  (room) => ({
    name: 'join rules of an admin who has left since stay, because resolution begins with nothing',
    states: departedAdmin(room),
    expected: [
      [RULES, '', 'jr-closed'],
      [MEMBER, '@alice:x', 'leave-alice'],
    ],
  }),
  (room) => {
    const base = room.start();
    const second = room.send(base, room.power('pl-2', '@alice:x', { '@bob:x': 100 }));
    const third = room.send(second, room.power('pl-3', '@bob:x', { '@bob:x': 100, '@carol:x': 50 }));
    return {
      name: 'power levels do not fall back to those of a state that is behind',
      states: [third, new Map(third).set(stateTuple(POWER, ''), '$pl' as EventId)],
      expected: [[POWER, '', 'pl-3']],
    };
  },
];

const SCENARIOS: { readonly [Name in Algorithm]: readonly Scenario[] } = {
  v1: [...COMMON, ...ONLY_V1],
  v2: [...COMMON, ...SINCE_V2, ...ONLY_V2],
  'v2.1': [...COMMON, ...SINCE_V2, ...SINCE_V2_1],
};

/** What a resolver of this algorithm has to get right before a server uses it. The whole set of the test suite is larger. */
export function resolverVectors(algorithm: Algorithm): ResolverVector[] {
  return VERSIONS[algorithm].flatMap((version) =>
    SCENARIOS[algorithm].map((scenario) => {
      const room = new VectorRoom(version);
      return { algorithm, room, ...scenario(room) };
    }),
  );
}
