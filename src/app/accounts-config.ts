import type { AccountsConfig, RegistrationRequirement } from '../accounts/accounts-config.ts';
import { ConfigError } from './config/config-error.ts';
import type { Config } from './config/load-config.ts';

/** The configuration as accounts want it. */
export function accountsConfig(config: Config): AccountsConfig {
  const { registration, password_policy: policy, tokens, terms } = config;
  // Leaving a requirement out would open the door that it was meant to close.
  if (registration.require.includes('email')) {
    throw new ConfigError(['registration.require: email is not possible, because this version sends no mail; use token or terms']);
  }
  if (registration.require.includes('terms') && terms.url === undefined) {
    throw new ConfigError(['terms.url: is missing, and registration.require names terms']);
  }
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
