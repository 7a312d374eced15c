import { endpointFactory, reply } from '../../../plugin-api/endpoint.ts';

export interface HealthDeps {
  /** True when requests would succeed: the database answers and the node is neither starting nor stopping. */
  readonly isHealthy: () => Promise<boolean>;
}

/** `GET /health`: 200 or 503, for load balancers and containers. */
export const health = endpointFactory<HealthDeps>()({
  method: 'GET',
  path: '/health',
  auth: 'none',
  handler: async ({ deps }) => {
    const ok = await deps.isHealthy().catch(() => false);
    return reply({ status: ok ? 200 : 503, headers: { 'Cache-Control': 'no-store' }, body: { status: ok ? 'ok' : 'unavailable' } });
  },
});
