import type { RegistrationTokens } from '../registration-tokens.ts';
import type { UiaStage } from './uia-stage.ts';

/** @see https://spec.matrix.org/v1.19/client-server-api/#token-authenticated-registration */
export function registrationTokenStage(tokens: RegistrationTokens): UiaStage {
  return {
    type: 'm.login.registration_token',
    async check({ auth }) {
      if (typeof auth.token !== 'string') return { ok: false, errcode: 'M_MISSING_PARAM', error: 'token is missing' };
      if (!(await tokens.isValid(auth.token)))
        return { ok: false, errcode: 'M_UNAUTHORIZED', error: 'The registration token is not valid' };
      return { ok: true, registrationToken: auth.token };
    },
  };
}
