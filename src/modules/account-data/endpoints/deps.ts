import { MatrixError } from '../../../core/errors/matrix-error.ts';
import type { UserId } from '../../../core/ids/brands.ts';
import type { JsonObject } from '../../../core/json/json-value.ts';
import { endpointFactory, type Requester } from '../../../plugin-api/endpoint.ts';
import type { AccountData } from '../account-data.ts';

export interface AccountDataDeps {
  readonly accountData: AccountData;
  readonly pushRules: (userId: UserId) => Promise<JsonObject | null>;
}

/** Bytes of one piece of account data. */
export const ACCOUNT_DATA_BYTES_MAX = 512 * 1024;
/** UTF-8 bytes, like the type of an event. */
const ACCOUNT_DATA_TYPE_BYTES_MAX = 255;

/** Types that the server manages. https://spec.matrix.org/v1.19/client-server-api/#server-behaviour-11 */
const MANAGED_TYPES: ReadonlySet<string> = new Set(['m.fully_read', 'm.push_rules']);

export const defineEndpoint = endpointFactory<AccountDataDeps>();

/** Throws M_FORBIDDEN: account data is its owner's alone. */
export function checkOwner(requester: Requester, userId: UserId): void {
  if (requester.userId !== userId) throw new MatrixError('M_FORBIDDEN', "Account data of other users can't be read or set");
}

/** Throws M_BAD_JSON with status 405 for a type that only the server sets. */
export function checkSettable(type: string): void {
  if (MANAGED_TYPES.has(type)) throw new MatrixError('M_BAD_JSON', `${type} cannot be set through this API`, { status: 405 });
  if (Buffer.byteLength(type) > ACCOUNT_DATA_TYPE_BYTES_MAX) {
    throw new MatrixError('M_INVALID_PARAM', `The type has more than ${ACCOUNT_DATA_TYPE_BYTES_MAX} bytes`);
  }
}

/** Throws M_NOT_FOUND. */
export function found(content: JsonObject | null): JsonObject {
  if (content === null) throw new MatrixError('M_NOT_FOUND', 'Account data not found.');
  return content;
}
