import { MatrixError } from '../core/errors/matrix-error.ts';
import { isJsonObject, type JsonObject } from '../core/json/json-value.ts';
import type { AccountsReader } from '../storage/accounts/reader.ts';

/**
 * What a password check is asked about: a localpart, a user id, or the owner of a third-party id.
 * The deprecated top-level `user` and `medium`/`address` count where there is no `identifier`.
 *
 * @returns null when a third-party id belongs to nobody here
 * @throws MatrixError `M_BAD_JSON`, or `M_UNKNOWN` for identifier types that this server does not know
 * @see https://spec.matrix.org/v1.19/client-server-api/#identifier-types
 */
export async function loginOf(body: JsonObject, reader: AccountsReader): Promise<string | null> {
  const identifier = isJsonObject(body.identifier) ? body.identifier : legacyIdentifier(body);
  switch (identifier.type) {
    case 'm.id.user':
      return text(identifier, 'user');
    case 'm.id.thirdparty':
      return reader.threepidOwner(text(identifier, 'medium'), canonicalAddress(text(identifier, 'medium'), text(identifier, 'address')));
    case 'm.id.phone': {
      // Without a table of dialling codes only numbers in international form are understood.
      const number = internationalNumber(text(identifier, 'phone'));
      if (number === null) throw new MatrixError('M_INVALID_PARAM', 'Write the phone number in international form, beginning with +');
      return reader.threepidOwner('msisdn', number);
    }
    default:
      throw new MatrixError('M_UNKNOWN', 'Unknown type of identifier');
  }
}

function legacyIdentifier(body: JsonObject): JsonObject {
  if (typeof body.user === 'string') return { type: 'm.id.user', user: body.user };
  if (typeof body.medium === 'string') return { type: 'm.id.thirdparty', medium: body.medium, address: body.address };
  throw new MatrixError('M_BAD_JSON', 'identifier is missing');
}

function text(object: JsonObject, key: string): string {
  const value = object[key];
  if (typeof value !== 'string') throw new MatrixError('M_BAD_JSON', `${key} must be a string`);
  return value;
}

/**
 * @throws MatrixError `M_INVALID_PARAM` for what no address holds and the database refuses
 * @see https://spec.matrix.org/v1.19/appendices/#3pid-types
 */
export function canonicalAddress(medium: string, address: string): string {
  if (`${medium}${address}`.includes('\0')) throw new MatrixError('M_INVALID_PARAM', 'An address cannot contain NUL');
  return medium === 'email' ? address.toLowerCase() : address;
}

function internationalNumber(phone: string): string | null {
  const digits = phone.replaceAll(/[\s().-]/g, '');
  const match = /^(?:\+|00)([1-9]\d{4,14})$/.exec(digits);
  return match?.[1] ?? null;
}
