import { type Static, Type } from 'typebox';
import { signedInFields } from '../../../accounts/sign-in.ts';
import { MatrixError } from '../../../core/errors/matrix-error.ts';
import type { JsonObject } from '../../../core/json/json-value.ts';
import type { RequestInfo } from '../../../plugin-api/endpoint.ts';
import { type AccountEndpointDeps, accountEndpoint } from '../account-endpoint.ts';
import { AuthData, authData } from '../auth-data.ts';
import { callingAppservice } from './calling-appservice.ts';

const Body = Type.Object({
  auth: Type.Optional(AuthData),
  type: Type.Optional(Type.String()),
  username: Type.Optional(Type.String()),
  password: Type.Optional(Type.String()),
  device_id: Type.Optional(Type.String()),
  initial_device_display_name: Type.Optional(Type.String()),
  inhibit_login: Type.Optional(Type.Boolean()),
  refresh_token: Type.Optional(Type.Boolean()),
});

/** @see https://spec.matrix.org/v1.19/client-server-api/#post_matrixclientv3register */
export const register = accountEndpoint({
  method: 'POST',
  path: '/_matrix/client/v3/register',
  auth: 'none',
  limit: 'registration',
  body: Body,
  handler: async ({ deps, query, body, request }) => {
    const kind = query.get('kind') ?? 'user';
    if (kind === 'guest') return registerGuest(deps, body, request);
    if (kind !== 'user') throw new MatrixError('M_UNKNOWN', 'Unknown kind of account');
    return registerUser(deps, { body, query, request });
  },
});

async function registerUser(
  deps: AccountEndpointDeps,
  { body, query, request }: { body: Static<typeof Body>; query: URLSearchParams; request: RequestInfo },
): Promise<JsonObject> {
  const { registration, signIn } = deps.accounts;
  const userId =
    body.type === 'm.login.application_service'
      ? await registration.registerForAppservice(callingAppservice(deps, { request, query }), body.username)
      : await registration.registerUser({
          username: body.username,
          password: body.password,
          auth: authData(body.auth),
          caller: { ip: request.ip, userAgent: request.userAgent },
        });
  const account = { user_id: userId, home_server: deps.server.serverName };
  if (body.inhibit_login === true) return account;
  const signedIn = await signIn.signIn({
    userId,
    deviceId: body.device_id,
    displayName: body.initial_device_display_name,
    refresh: body.refresh_token,
  });
  return { ...account, ...signedInFields(signedIn) };
}

/** Of a guest's request only the display name of the device counts. */
async function registerGuest(deps: AccountEndpointDeps, body: Static<typeof Body>, request: RequestInfo): Promise<JsonObject> {
  const userId = await deps.accounts.registration.registerGuest({ ip: request.ip, userAgent: request.userAgent });
  const signedIn = await deps.accounts.signIn.signIn({ userId, displayName: body.initial_device_display_name });
  return { user_id: userId, home_server: deps.server.serverName, ...signedInFields(signedIn) };
}
