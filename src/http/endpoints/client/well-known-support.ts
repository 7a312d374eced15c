import { MatrixError } from '../../../core/errors/matrix-error.ts';
import { endpointFactory } from '../../../plugin-api/endpoint.ts';

export interface SupportDeps {
  readonly support: { readonly email: string | null; readonly matrixId: string | null; readonly page: string | null };
}

/** @see https://spec.matrix.org/v1.19/client-server-api/#getwell-knownmatrixsupport */
export const wellKnownSupport = endpointFactory<SupportDeps>()({
  method: 'GET',
  path: '/.well-known/matrix/support',
  auth: 'none',
  handler: ({ deps }) => {
    const { email, matrixId, page } = deps.support;
    if (email === null && matrixId === null && page === null) throw new MatrixError('M_NOT_FOUND', 'No contact is configured');
    const contact = {
      role: 'm.role.admin',
      ...(email === null ? {} : { email_address: email }),
      ...(matrixId === null ? {} : { matrix_id: matrixId }),
    };
    return {
      ...(email === null && matrixId === null ? {} : { contacts: [contact] }),
      ...(page === null ? {} : { support_page: page }),
    };
  },
});
