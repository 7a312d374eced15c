import { signedInFields } from '../../../accounts/sign-in.ts';
import { MatrixError } from '../../../core/errors/matrix-error.ts';
import { parseDeviceId } from '../../../core/ids/device-id.ts';
import { accountEndpoint } from '../account-endpoint.ts';
import { callingAppservice } from './calling-appservice.ts';

/** @see https://spec.matrix.org/v1.19/client-server-api/#post_matrixclientv3login */
export const login = accountEndpoint({
  method: 'POST',
  path: '/_matrix/client/v3/login',
  // Not even an optional token: clients whose token has ended send it along when they sign in again.
  auth: 'none',
  limit: 'login',
  body: 'json',
  handler: async ({ deps, body, query, request }) => {
    if (typeof body.type !== 'string') throw new MatrixError('M_BAD_JSON', 'type is missing');
    const deviceId = body.device_id === undefined || body.device_id === null ? null : parseDeviceId(body.device_id);
    if (deviceId === null && typeof body.device_id === 'string') throw new MatrixError('M_INVALID_PARAM', 'device_id is not usable');
    const userId = await deps.accounts.login.identify(body, {
      appserviceId: body.type === 'm.login.application_service' ? callingAppservice(deps, { request, query }) : null,
      deviceId,
      caller: { ip: request.ip, userAgent: request.userAgent },
    });
    const displayName = body.initial_device_display_name;
    const signedIn = await deps.accounts.signIn.signIn({
      userId,
      deviceId: deviceId ?? undefined,
      displayName: typeof displayName === 'string' ? displayName : undefined,
      refresh: body.refresh_token === true,
    });
    // `home_server` is deprecated, and older clients read it.
    return { user_id: userId, home_server: deps.server.serverName, ...signedInFields(signedIn) };
  },
});
