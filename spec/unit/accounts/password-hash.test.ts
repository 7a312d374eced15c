import { describe, expect, it } from 'vitest';
import { DEFAULT_ACCOUNTS_CONFIG } from '../../../src/accounts/accounts-config.ts';
import { hashPassword, isPasswordHashOutdated, verifyPassword } from '../../../src/accounts/password-hash.ts';
import { checkPasswordPolicy } from '../../../src/accounts/password-policy.ts';
import { systemRng } from '../../../src/platform/rng.ts';

describe('password hashes', () => {
  it('match their password, of any script, and no other', async () => {
    const stored = await hashPassword('übers3kr1t 🔑', systemRng);
    expect(await verifyPassword('übers3kr1t 🔑', stored)).toBe(true);
    expect(await verifyPassword('ubers3kr1t 🔑', stored)).toBe(false);
    expect(await hashPassword('übers3kr1t 🔑', systemRng)).not.toBe(stored);
    expect(isPasswordHashOutdated(stored)).toBe(false);
  });

  it('of other costs still match, and are known to be outdated', async () => {
    // Made by the reference implementation: argon2id, v=19, m=65536, t=2, p=1, salt "somesalt", password "password".
    const stored = '$argon2id$v=19$m=65536,t=2,p=1$c29tZXNhbHQ$CTFhFdXPJO1aFaMaO6Mm5c8y7cJHAph8ArZWb2GRPPc';
    expect(await verifyPassword('password', stored)).toBe(true);
    expect(await verifyPassword('Password', stored)).toBe(false);
    expect(isPasswordHashOutdated(stored)).toBe(true);
  });

  it.each(['', 'password', '$2b$10$abcdefghijklmnopqrstuv', '$argon2id$v=19$m=1,t=1$x$y'])(
    'that are none match nothing: %s',
    async (stored) => {
      expect(await verifyPassword('password', stored)).toBe(false);
    },
  );
});

describe('the password policy', () => {
  const policy = DEFAULT_ACCOUNTS_CONFIG.passwordPolicy;

  it.each([
    ['longenough', {}, true],
    ['short', {}, false],
    ['', { minLength: 0 }, false],
    ['x'.repeat(513), {}, false],
    ['nodigits!', { requireDigit: true }, false],
    ['digits123', { requireDigit: true, requireSymbol: true }, false],
    ['digits 123', { requireDigit: true, requireSymbol: true }, true],
    ['lowercase', { requireUppercase: true }, false],
    ['UPPERCASE', { requireLowercase: true }, false],
    ['BothCases', { requireLowercase: true, requireUppercase: true }, true],
  ])('%.20s with %j: %s', (password, change, allowed) => {
    const check = () => checkPasswordPolicy(password, { ...policy, ...change });
    if (allowed) expect(check).not.toThrow();
    else expect(check).toThrow(expect.objectContaining({ errcode: 'M_WEAK_PASSWORD' }));
  });
});
