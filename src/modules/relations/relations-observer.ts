import type { EventId } from '../../core/ids/brands.ts';
import type { JsonObject } from '../../core/json/json-value.ts';
import { type Write, write } from '../../plugin-api/commit.ts';
import type { EventObserver } from '../../plugin-api/hooks.ts';
import { EVENT_FLAG, type StoredEvent } from '../../plugin-api/stored-event.ts';
import { mayReplace, relationOf } from './relation-of.ts';
import { relationWriter, threadRedactionWriter, threadReplyWriter } from './store.ts';

/** Writes down an event's relation in the transaction that stores the event. */
export const relationsObserver: EventObserver = {
  name: 'relations',
  writes(event, content): readonly Write[] {
    const { roomNid, num, depth, sender, type } = event;
    const targetId = redactedBy(event, content);
    if (targetId !== null) return [write(threadRedactionWriter, { roomNid, targetId })];
    const relation = relationOf(content);
    if (relation === null || (event.flags & EVENT_FLAG.rejected) !== 0) return [];
    const writes = [write(relationWriter, { roomNid, num, depth, sender, type, ...relation, replaces: mayReplace(event, content) })];
    if (relation.relType === 'm.thread' && event.seq !== null && (event.flags & EVENT_FLAG.redacted) === 0) {
      writes.push(write(threadReplyWriter, { roomNid, rootId: relation.parentId, num, depth, sender }));
    }
    return writes;
  },
};

/** What a redaction names: in the content since room version 11, beside it before. */
function redactedBy(event: StoredEvent, content: JsonObject): EventId | null {
  if (event.type !== 'm.room.redaction') return null;
  const target = content['redacts'] ?? (JSON.parse(event.json) as JsonObject)['redacts'];
  return typeof target === 'string' && !target.includes('\0') ? (target as EventId) : null;
}
