import { isRegistrationTokenWellFormed } from '../../../accounts/registration-tokens.ts';
import { MatrixError } from '../../../core/errors/matrix-error.ts';
import { accountEndpoint } from '../account-endpoint.ts';

/** @see https://spec.matrix.org/v1.19/client-server-api/#get_matrixclientv1registermloginregistration_tokenvalidity */
export const registrationTokenValidity = accountEndpoint({
  method: 'GET',
  path: '/_matrix/client/v1/register/m.login.registration_token/validity',
  auth: 'none',
  limit: 'registration',
  handler: async ({ deps, query }) => {
    const token = query.get('token');
    if (token === null) throw new MatrixError('M_MISSING_PARAM', 'token is missing');
    return { valid: isRegistrationTokenWellFormed(token) && (await deps.accounts.registrationTokens.isValid(token)) };
  },
});
