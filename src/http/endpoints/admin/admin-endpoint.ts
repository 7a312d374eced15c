import type { AccountsService } from '../../../accounts/accounts-service.ts';
import type { Clock } from '../../../platform/clock.ts';
import type { Rng } from '../../../platform/rng.ts';
import { endpointFactory } from '../../../plugin-api/endpoint.ts';
import type { ServerFacts } from '../../../plugin-api/plugin.ts';
import type { ProfilePort } from '../../../plugin-api/ports.ts';

export interface AdminEndpointDeps {
  readonly accounts: AccountsService;
  readonly server: ServerFacts;
  /** Null where no module keeps profiles. */
  readonly profile: () => ProfilePort | null;
  /** Version of the program. */
  readonly version: string;
  readonly clock: Clock;
  readonly rng: Rng;
}

/**
 * `defineEndpoint` for the parts of the `/_synapse/admin` API that conformance suites, moderation bots and admin panels call.
 * The API is no part of the Matrix specification; its public documentation is at
 * https://element-hq.github.io/synapse/latest/usage/administration/admin_api/index.html
 */
export const adminEndpoint = endpointFactory<AdminEndpointDeps>();
