import { endpointFactory } from '../../../plugin-api/endpoint.ts';
import type { ReadDeps } from '../read-up-to.ts';

export const defineEndpoint = endpointFactory<ReadDeps>();
