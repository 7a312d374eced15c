import { type Write, write } from '../../plugin-api/commit.ts';
import type { EventObserver } from '../../plugin-api/hooks.ts';
import { EVENT_FLAG } from '../../plugin-api/stored-event.ts';
import { mayReplace, relationOf } from './relation-of.ts';
import { relationWriter } from './store.ts';

/** Writes down an event's relation in the transaction that stores the event. */
export const relationsObserver: EventObserver = {
  name: 'relations',
  writes(event, content): readonly Write[] {
    const relation = relationOf(content);
    if (relation === null || (event.flags & EVENT_FLAG.rejected) !== 0) return [];
    const { roomNid, num, depth, sender, type } = event;
    return [write(relationWriter, { roomNid, num, depth, sender, type, ...relation, replaces: mayReplace(event, content) })];
  },
};
