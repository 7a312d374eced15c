import { MatrixError } from '../../core/errors/matrix-error.ts';
import { parseMxc } from '../../core/ids/mxc-uri.ts';
import type { JsonObject, JsonValue } from '../../core/json/json-value.ts';

/** UTF-8 bytes of a field's name. */
const FIELD_NAME_BYTES_MAX = 255;
/** UTF-8 bytes of the whole profile as JSON; it has to stay below. */
export const PROFILE_BYTES_MAX = 65_536;
/** Characters of a display name: it goes into every member event. */
const DISPLAY_NAME_LENGTH_MAX = 256;
const TIME_ZONE_LENGTH_MAX = 255;

const FIELD_NAME = /^(?:avatar_url|displayname|[a-z][a-z0-9_-]*(?:\.[a-z0-9_-]+)+)$/;

/**
 * Throws M_KEY_TOO_LARGE, or M_INVALID_PARAM for a name that is neither defined nor namespaced.
 * https://spec.matrix.org/v1.19/client-server-api/#put_matrixclientv3profileuseridkeyname
 */
export function checkFieldName(name: string): void {
  if (Buffer.byteLength(name) > FIELD_NAME_BYTES_MAX) {
    throw new MatrixError('M_KEY_TOO_LARGE', `The name of a profile field has at most ${FIELD_NAME_BYTES_MAX} bytes`);
  }
  if (!FIELD_NAME.test(name)) throw new MatrixError('M_INVALID_PARAM', 'Invalid profile key.');
}

/**
 * The value of the field in a request's body; `undefined` takes the field away (clients empty names and avatars like that).
 * Throws M_MISSING_PARAM or M_INVALID_PARAM.
 */
export function fieldValue(name: string, body: JsonObject): JsonValue | undefined {
  const value = Object.hasOwn(body, name) ? body[name] : undefined;
  if (value === undefined) throw new MatrixError('M_MISSING_PARAM', `The body has no ${name}`);
  switch (name) {
    case 'displayname':
      if (typeof value !== 'string' || value.length > DISPLAY_NAME_LENGTH_MAX) {
        throw new MatrixError('M_INVALID_PARAM', `displayname must be a string of at most ${DISPLAY_NAME_LENGTH_MAX} characters`);
      }
      return value === '' ? undefined : value;
    case 'avatar_url':
      if (value !== '' && parseMxc(value) === null) throw new MatrixError('M_INVALID_PARAM', 'avatar_url must be an mxc:// URI');
      return value === '' ? undefined : value;
    case 'm.tz':
      if (typeof value !== 'string' || value.length > TIME_ZONE_LENGTH_MAX) {
        throw new MatrixError('M_INVALID_PARAM', 'm.tz must be the name of a time zone');
      }
      return value;
    default:
      return value;
  }
}
