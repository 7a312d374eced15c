import { MatrixError } from '../core/errors/matrix-error.ts';
import { PASSWORD_LENGTH_MAX } from './password-hash.ts';

export interface PasswordPolicy {
  /** Characters. */
  readonly minLength: number;
  readonly requireDigit: boolean;
  readonly requireSymbol: boolean;
  readonly requireLowercase: boolean;
  readonly requireUppercase: boolean;
}

/**
 * @throws MatrixError `M_WEAK_PASSWORD`
 * @see https://spec.matrix.org/v1.19/client-server-api/#password-management
 */
export function checkPasswordPolicy(password: string, policy: PasswordPolicy): void {
  const length = [...password].length;
  if (length < Math.max(1, policy.minLength)) weak(`have at least ${policy.minLength} characters`);
  if (length > PASSWORD_LENGTH_MAX) weak(`have at most ${PASSWORD_LENGTH_MAX} characters`);
  if (policy.requireDigit && !/\p{Nd}/u.test(password)) weak('contain a digit');
  if (policy.requireSymbol && !/[^\p{L}\p{Nd}]/u.test(password)) weak('contain a character that is neither letter nor digit');
  if (policy.requireLowercase && !/\p{Ll}/u.test(password)) weak('contain a lower-case letter');
  if (policy.requireUppercase && !/\p{Lu}/u.test(password)) weak('contain an upper-case letter');
}

function weak(rule: string): never {
  throw new MatrixError('M_WEAK_PASSWORD', `The password must ${rule}`);
}
