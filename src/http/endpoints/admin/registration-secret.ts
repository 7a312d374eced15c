import { MatrixError } from '../../../core/errors/matrix-error.ts';
import type { AdminEndpointDeps } from './admin-endpoint.ts';

/** @throws MatrixError `M_UNKNOWN` when the configuration has none */
export function registrationSecret(deps: AdminEndpointDeps): string {
  const { sharedSecret } = deps.accounts.config.registration;
  if (sharedSecret === null) throw new MatrixError('M_UNKNOWN', 'Shared secret registration is not enabled');
  return sharedSecret;
}
