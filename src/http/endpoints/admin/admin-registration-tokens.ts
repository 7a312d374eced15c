import { Type } from 'typebox';
import { isRegistrationTokenWellFormed } from '../../../accounts/registration-tokens.ts';
import { MatrixError } from '../../../core/errors/matrix-error.ts';
import type { JsonObject } from '../../../core/json/json-value.ts';
import type { RegistrationTokenRow } from '../../../storage/accounts/rows.ts';
import { queryFlag } from '../query-number.ts';
import { type AdminEndpointDeps, adminEndpoint } from './admin-endpoint.ts';

const PATH = '/_synapse/admin/v1/registration_tokens';
const Uses = Type.Optional(Type.Union([Type.Integer({ minimum: 0, maximum: 2 ** 31 - 1 }), Type.Null()]));
const Expiry = Type.Optional(Type.Union([Type.Integer({ minimum: 0, maximum: Number.MAX_SAFE_INTEGER }), Type.Null()]));

export const adminListRegistrationTokens = adminEndpoint({
  method: 'GET',
  path: PATH,
  auth: 'admin',
  handler: async ({ deps, query }) => {
    const valid = queryFlag(query, 'valid');
    const tokens = await deps.accounts.registrationTokens.list();
    const now = deps.clock.now();
    const shown = tokens.filter((token) => valid === undefined || isValid(token, now) === valid);
    return { registration_tokens: shown.map(tokenFields) };
  },
});

export const adminCreateRegistrationToken = adminEndpoint({
  method: 'POST',
  path: `${PATH}/new`,
  auth: 'admin',
  bodyOptional: true,
  body: Type.Object({
    token: Type.Optional(Type.String()),
    length: Type.Optional(Type.Integer({ minimum: 1, maximum: 64 })),
    uses_allowed: Uses,
    expiry_time: Expiry,
  }),
  handler: async ({ deps, body }) => {
    if (body.token !== undefined && !isRegistrationTokenWellFormed(body.token)) {
      throw new MatrixError('M_INVALID_PARAM', 'A token has 1 to 64 of the characters A-Z, a-z, 0-9 and ._~-');
    }
    const expiryTs = futureTime(deps, body.expiry_time);
    const token = await deps.accounts.registrationTokens.create({
      usesAllowed: body.uses_allowed ?? null,
      expiryTs: expiryTs ?? null,
      ...(body.token === undefined ? {} : { token: body.token }),
      ...(body.length === undefined ? {} : { length: body.length }),
    });
    if (token === null) throw new MatrixError('M_INVALID_PARAM', 'This token exists');
    return tokenFields(await requireToken(deps, token));
  },
});

export const adminGetRegistrationToken = adminEndpoint({
  method: 'GET',
  path: `${PATH}/:token`,
  auth: 'admin',
  handler: async ({ deps, params }) => tokenFields(await requireToken(deps, params.token)),
});

export const adminUpdateRegistrationToken = adminEndpoint({
  method: 'PUT',
  path: `${PATH}/:token`,
  auth: 'admin',
  body: Type.Object({ uses_allowed: Uses, expiry_time: Expiry }),
  handler: async ({ deps, params, body }) => {
    const expiryTs = futureTime(deps, body.expiry_time);
    await deps.accounts.registrationTokens.update(params.token, {
      ...(body.uses_allowed === undefined ? {} : { usesAllowed: body.uses_allowed }),
      ...(expiryTs === undefined ? {} : { expiryTs }),
    });
    return tokenFields(await requireToken(deps, params.token));
  },
});

export const adminDeleteRegistrationToken = adminEndpoint({
  method: 'DELETE',
  path: `${PATH}/:token`,
  auth: 'admin',
  handler: async ({ deps, params }) => {
    if (!(await deps.accounts.registrationTokens.delete(params.token))) throw unknownToken();
    return {};
  },
});

async function requireToken(deps: AdminEndpointDeps, token: string): Promise<RegistrationTokenRow> {
  const row = await deps.accounts.registrationTokens.get(token);
  if (row === null) throw unknownToken();
  return row;
}

function unknownToken(): MatrixError {
  return new MatrixError('M_NOT_FOUND', 'No such registration token');
}

function futureTime(deps: AdminEndpointDeps, time: number | null | undefined): number | null | undefined {
  if (typeof time === 'number' && time <= deps.clock.now()) throw new MatrixError('M_INVALID_PARAM', 'expiry_time is in the past');
  return time;
}

function isValid(token: RegistrationTokenRow, now: number): boolean {
  const expired = token.expiryTs !== null && token.expiryTs <= now;
  return !expired && (token.usesAllowed === null || token.completed + token.pending < token.usesAllowed);
}

function tokenFields(token: RegistrationTokenRow): JsonObject {
  return {
    token: token.token,
    uses_allowed: token.usesAllowed,
    pending: token.pending,
    completed: token.completed,
    expiry_time: token.expiryTs,
  };
}
