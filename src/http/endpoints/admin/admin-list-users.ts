import { queryFlag, queryNumber } from '../query-number.ts';
import { adminEndpoint } from './admin-endpoint.ts';
import { userFields } from './user-fields.ts';

const LIMIT_DEFAULT = 100;
const LIMIT_MAX = 1_000;

export const adminListUsers = adminEndpoint({
  method: 'GET',
  path: '/_synapse/admin/v2/users',
  aliases: ['/_synapse/admin/v3/users'],
  auth: 'admin',
  handler: async ({ deps, query, request }) => {
    const from = queryNumber(query, 'from', { fallback: 0, min: 0, max: Number.MAX_SAFE_INTEGER });
    const limit = queryNumber(query, 'limit', { fallback: LIMIT_DEFAULT, min: 1, max: LIMIT_MAX });
    const search = query.get('user_id') ?? query.get('name');
    // v2 leaves deactivated users out unless asked; v3 shows those who are asked for, and everybody otherwise.
    const deactivated = queryFlag(query, 'deactivated');
    const isV3 = request.path.includes('/v3/');
    const only = isV3 ? deactivated : deactivated === true ? undefined : false;
    const guests = queryFlag(query, 'guests');
    const admins = queryFlag(query, 'admins');
    const { accounts, total } = await deps.accounts.reader.accounts({
      from,
      limit,
      ...(search === null ? {} : { search }),
      ...(guests === false ? { guests: false } : {}),
      ...(admins === undefined ? {} : { admins }),
      ...(only === undefined ? {} : { deactivated: only }),
    });
    const profile = deps.profile();
    const users = await Promise.all(accounts.map((account) => userFields(account, profile)));
    return { users, total, ...(from + users.length < total ? { next_token: String(from + users.length) } : {}) };
  },
});
