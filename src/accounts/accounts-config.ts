import type { PasswordPolicy } from './password-policy.ts';

/** Kinds of proof that a registration may ask for, in this order. */
export type RegistrationRequirement = 'token' | 'terms';

/** What accounts need of the configuration. Lifetimes in ms. */
export interface AccountsConfig {
  readonly registration: {
    /** Whether anybody may make an account. Registration tokens work all the same. */
    readonly enabled: boolean;
    readonly require: readonly RegistrationRequirement[];
    readonly guests: boolean;
    readonly sharedSecret: string | null;
    /** Tokens that never end, besides those in the database. */
    readonly tokens: readonly string[];
    /** The document behind the requirement `terms`. */
    readonly terms: { readonly name: string; readonly version: string; readonly url: string } | null;
  };
  readonly passwordPolicy: PasswordPolicy;
  readonly tokens: {
    /** Access tokens of clients that refresh. */
    readonly accessLifetimeMs: number;
    /** Access tokens of clients that do not refresh; null: until they log out. */
    readonly sessionLifetimeMs: number | null;
    /** Unused refresh tokens; null: for ever. */
    readonly refreshLifetimeMs: number | null;
  };
}

export const DEFAULT_ACCOUNTS_CONFIG: AccountsConfig = {
  registration: { enabled: false, require: [], guests: false, sharedSecret: null, tokens: [], terms: null },
  passwordPolicy: { minLength: 8, requireDigit: false, requireSymbol: false, requireLowercase: false, requireUppercase: false },
  tokens: { accessLifetimeMs: 300_000, sessionLifetimeMs: null, refreshLifetimeMs: null },
};
