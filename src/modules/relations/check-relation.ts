import type { RoomsPort } from '../../plugin-api/ports.ts';
import { ALLOW, type Hook } from '../../plugin-api/hooks.ts';
import { relationOf } from './relation-of.ts';
import type { RelationsStore } from './store.ts';

/**
 * Refuses what local users may not relate: the same annotation twice, and a thread that hangs on another event's child. Events of other
 * servers are taken as they are.
 *
 * @see https://spec.matrix.org/v1.19/client-server-api/#avoiding-duplicate-annotations
 * @see https://spec.matrix.org/v1.19/client-server-api/#validation-of-mthread-relationships
 */
export function checkRelation(deps: { store: RelationsStore; rooms: RoomsPort }): Hook<'checkEvent'> {
  const { store, rooms } = deps;
  return async ({ roomId, sender, type, content, origin }) => {
    const relation = origin === null ? relationOf(content) : null;
    if (relation === null) return ALLOW;
    const { relType, parentId, key } = relation;
    if (relType === 'm.thread') {
      const parent = await rooms.event(roomId, parentId);
      if (parent === null || relationOf(rooms.content(parent)) === null) return ALLOW;
      return { allow: false, errcode: 'M_UNKNOWN', reason: 'A thread cannot begin at an event that is itself related to another' };
    }
    if (key === null) return ALLOW;
    const info = await rooms.info(roomId);
    if (info === null || !(await store.hasAnnotation({ roomNid: info.nid, parentId, sender, type, key }))) return ALLOW;
    return { allow: false, errcode: 'M_DUPLICATE_ANNOTATION', reason: 'You have annotated this event in the same way already' };
  };
}
