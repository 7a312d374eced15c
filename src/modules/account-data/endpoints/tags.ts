import { MatrixError } from '../../../core/errors/matrix-error.ts';
import type { RoomId, UserId } from '../../../core/ids/brands.ts';
import { isJsonObject, type JsonObject } from '../../../core/json/json-value.ts';
import type { AccountDataKey } from '../../../plugin-api/slots.ts';
import { checkOwner, defineEndpoint } from './deps.ts';

/** UTF-8 bytes. https://spec.matrix.org/v1.19/client-server-api/#events-14 */
const TAG_BYTES_MAX = 255;
/** Tags on one room. */
const TAGS_MAX = 1000;
/** Bytes of what one tag says. */
const TAG_BODY_BYTES_MAX = 4096;

/** https://spec.matrix.org/v1.19/client-server-api/#get_matrixclientv3useruseridroomsroomidtags */
export const getRoomTags = defineEndpoint({
  method: 'GET',
  path: '/_matrix/client/v3/user/:userId/rooms/:roomId/tags',
  auth: 'user',
  handler: async ({ deps, requester, params: { userId, roomId } }) => {
    checkOwner(requester, userId);
    return { tags: tagsOf(await deps.accountData.get(key(userId, roomId))) };
  },
});

const path = '/_matrix/client/v3/user/:userId/rooms/:roomId/tags/:tag';

/** https://spec.matrix.org/v1.19/client-server-api/#put_matrixclientv3useruseridroomsroomidtagstag */
export const setRoomTag = defineEndpoint({
  method: 'PUT',
  path,
  auth: 'user',
  body: 'json',
  bodyOptional: true,
  bodyLimit: TAG_BODY_BYTES_MAX,
  whileSuspended: true,
  handler: async ({ deps, requester, params: { userId, roomId, tag }, body }) => {
    checkOwner(requester, userId);
    if (tag === '' || Buffer.byteLength(tag) > TAG_BYTES_MAX) {
      throw new MatrixError('M_INVALID_PARAM', `The name of a tag has 1 to ${TAG_BYTES_MAX} bytes`);
    }
    const { order } = body;
    if (order !== undefined && typeof order !== 'number') throw new MatrixError('M_BAD_JSON', 'order must be a number');
    await deps.accountData.update(key(userId, roomId), (content) => {
      const tags = { ...tagsOf(content), [tag]: body };
      if (Object.keys(tags).length > TAGS_MAX) throw new MatrixError('M_TOO_LARGE', `A room can have at most ${TAGS_MAX} tags`);
      return { ...content, tags };
    });
    return {};
  },
});

/** https://spec.matrix.org/v1.19/client-server-api/#delete_matrixclientv3useruseridroomsroomidtagstag */
export const deleteRoomTag = defineEndpoint({
  method: 'DELETE',
  path,
  auth: 'user',
  whileSuspended: true,
  handler: async ({ deps, requester, params: { userId, roomId, tag } }) => {
    checkOwner(requester, userId);
    await deps.accountData.update(key(userId, roomId), (content) => {
      const { [tag]: _removed, ...tags } = tagsOf(content);
      return { ...content, tags };
    });
    return {};
  },
});

function key(userId: UserId, roomId: RoomId): AccountDataKey {
  return { userId, roomId, type: 'm.tag' };
}

function tagsOf(content: JsonObject | null): JsonObject {
  const tags = content?.['tags'];
  return isJsonObject(tags) ? tags : {};
}
