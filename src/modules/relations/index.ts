import { definePlugin, PLUGIN_API } from '../../plugin-api/plugin.ts';
import { eventLiveOf } from '../../rooms/events/event-live.ts';
import { type BundleDeps, bundle } from './bundle.ts';
import { checkRelation } from './check-relation.ts';
import { ChildrenCache } from './children-cache.ts';
import { getRelations, getRelationsOfEventType, getRelationsOfType } from './endpoints/get-relations.ts';
import { getThreads } from './endpoints/get-threads.ts';
import { relationOf } from './relation-of.ts';
import { relationsObserver } from './relations-observer.ts';
import { RelationsStore } from './store.ts';

/**
 * Events that point at other events: edits, reactions, references, threads.
 *
 * @see https://spec.matrix.org/v1.19/client-server-api/#forming-relationships-between-events
 */
export default definePlugin({
  name: 'relations',
  api: PLUGIN_API,
  setup(host) {
    const { rooms, events, users, commits } = host;
    const store = new RelationsStore(host.db);
    const cache = new ChildrenCache((roomNid, parents) => store.children(roomNid, parents));
    const ignoredUsers = () => host.slot('ignoredUsers');
    const deps: BundleDeps = { cache, store, rooms, events, ignoredUsers };

    host.observe(relationsObserver);
    host.hook('checkEvent', checkRelation({ store, rooms }));
    host.provide('relations', {
      bundled: (options) => bundle(deps, options),
      async incoming(roomId, nums) {
        const parents = await rooms.eventsByNum(roomId, nums);
        const [first] = parents;
        if (first === undefined) return new Map();
        const rows = Map.groupBy(
          await store.incoming(
            first.roomNid,
            parents.map((parent) => parent.eventId),
          ),
          (row) => row.parentId,
        );
        return new Map(parents.flatMap((parent) => (rows.has(parent.eventId) ? [[parent.num, rows.get(parent.eventId) ?? []]] : [])));
      },
    });
    host.endpoints([getRelations, getRelationsOfType, getRelationsOfEventType, getThreads], { store, rooms, events, ignoredUsers });

    host.onStart(async () => {
      commits.onBatch((entries) => {
        for (const entry of entries) {
          const live = eventLiveOf(entry);
          if (live === null) continue;
          const { event, redacted } = live;
          // The id of an event that this server makes cannot be foretold: nothing points at it yet.
          if (event.seq !== null && event.seq > 0 && users.isLocal(event.sender)) cache.isNew(event.roomNid, event.eventId);
          if (redacted !== null) cache.redacted(event.roomNid);
          const relation = relationOf(rooms.content(event));
          if (relation !== null) cache.childAdded(event, relation);
        }
      });
    });
  },
});
