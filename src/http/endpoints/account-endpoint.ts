import type { AccountsService } from '../../accounts/accounts-service.ts';
import { endpointFactory } from '../../plugin-api/endpoint.ts';
import type { ServerFacts } from '../../plugin-api/plugin.ts';

export interface AccountEndpointDeps {
  readonly accounts: AccountsService;
  readonly server: ServerFacts;
}

/** `defineEndpoint` for endpoints about accounts. */
export const accountEndpoint = endpointFactory<AccountEndpointDeps>();
