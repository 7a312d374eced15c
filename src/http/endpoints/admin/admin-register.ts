import { Type } from 'typebox';
import { signedInFields } from '../../../accounts/sign-in.ts';
import { MatrixError } from '../../../core/errors/matrix-error.ts';
import { adminEndpoint } from './admin-endpoint.ts';
import { registrationSecret } from './registration-secret.ts';
import { isNonceValid, isRegistrationMacValid } from './shared-secret.ts';

/** Makes an account for whoever knows `registration.shared_secret`. */
export const adminRegister = adminEndpoint({
  method: 'POST',
  path: '/_synapse/admin/v1/register',
  auth: 'none',
  limit: 'registration',
  body: Type.Object({
    nonce: Type.String(),
    username: Type.String(),
    password: Type.String({ minLength: 1, maxLength: 512 }),
    mac: Type.String(),
    admin: Type.Optional(Type.Boolean()),
    user_type: Type.Optional(Type.Union([Type.String(), Type.Null()])),
    inhibit_login: Type.Optional(Type.Boolean()),
  }),
  handler: async ({ deps, body }) => {
    const secret = registrationSecret(deps);
    if (!isNonceValid(secret, body.nonce, deps.clock)) throw new MatrixError('M_UNKNOWN', 'Unrecognised nonce');
    const { nonce, username, password, admin: isAdmin = false } = body;
    const fields = { nonce, username, password, isAdmin, userType: body.user_type ?? undefined };
    if (!isRegistrationMacValid(secret, fields, body.mac)) throw new MatrixError('M_FORBIDDEN', 'HMAC incorrect');
    const userId = await deps.accounts.registration.createAccount({ username, password, isAdmin });
    const account = { user_id: userId, home_server: deps.server.serverName };
    if (body.inhibit_login === true) return account;
    return { ...account, ...signedInFields(await deps.accounts.signIn.signIn({ userId })) };
  },
});
