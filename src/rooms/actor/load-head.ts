import { stateTuple, type StateTuple } from '../../core/state-res/state-map.ts';
import type { UserId } from '../../core/ids/brands.ts';
import type { Membership } from '../../plugin-api/ports.ts';
import type { RoomRow, RoomSql } from '../../storage/rooms/room-reader-sql.ts';
import type { EventStore } from '../events/event-store.ts';
import { GroupChain } from '../state/group-chain.ts';
import { RoomHead } from './room-head.ts';

/** Reads a room's head from the store: five queries, whatever the size of the room. */
export async function loadHead(row: RoomRow, deps: { sql: RoomSql; events: EventStore }): Promise<RoomHead> {
  const { sql, events } = deps;
  const [keys, groups, forward, members, counts] = await Promise.all([
    sql.stateKeys([row.nid]),
    sql.groupPath(row.nid, row.headSg),
    events.byNum(row.nid, row.forward),
    sql.members([row.nid]),
    sql.timelineCounts(row.nid),
  ]);
  const state = new Map<StateTuple, number>();
  const skns = new Map<StateTuple, number>();
  for (const key of keys) {
    const tuple = stateTuple(key.type, key.stateKey);
    skns.set(tuple, key.skn);
    if (key.num !== null) state.set(tuple, key.num);
  }
  return new RoomHead({
    info: { nid: row.nid, roomId: row.roomId, version: row.version },
    shard: row.shard,
    fields: {
      lastNum: row.lastNum,
      lastSeq: row.lastSeq,
      firstSeq: row.firstSeq,
      lastSg: row.lastSg,
      maxDepth: row.maxDepth,
      forward: row.forward.map((num) => {
        const event = events.peek(row.nid, num) ?? forward.get(num);
        if (event === undefined || event.sg === null) throw new Error(`${row.roomId}: forward extremity ${num} has no event or no state`);
        return { num, eventId: event.eventId, depth: event.depth, sg: event.sg };
      }),
    },
    state,
    skns,
    lastSkn: row.lastSkn,
    members: new Map<UserId, Membership>(members.map((member) => [member.userId, member.membership])),
    chain: row.headSg === 0 ? GroupChain.empty : GroupChain.fromRows(groups),
    ncum: counts.ncum,
    mainTcum: counts.mainTcum,
  });
}
