import type { AccountsConfig, RegistrationRequirement } from '../accounts/accounts-config.ts';
import type { Config } from './config/load-config.ts';

/** The configuration as accounts want it. */
export function accountsConfig(config: Config): AccountsConfig {
  const { registration, password_policy: policy, tokens, terms } = config;
  return {
    registration: {
      enabled: registration.enabled,
      require: registration.require.filter((requirement): requirement is RegistrationRequirement => requirement !== 'email'),
      guests: registration.guests,
      sharedSecret: registration.shared_secret ?? null,
      tokens: registration.tokens,
      terms: terms.url === undefined ? null : { name: terms.name, version: terms.version, url: terms.url },
    },
    passwordPolicy: {
      minLength: policy.min_length,
      requireDigit: policy.require_digit,
      requireSymbol: policy.require_symbol,
      requireLowercase: policy.require_lowercase,
      requireUppercase: policy.require_uppercase,
    },
    tokens: {
      accessLifetimeMs: tokens.access_lifetime_ms,
      sessionLifetimeMs: tokens.session_lifetime_ms ?? null,
      refreshLifetimeMs: tokens.refresh_lifetime_ms ?? null,
    },
  };
}
