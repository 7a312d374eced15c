import type { Metrics } from '../../../platform/metrics.ts';
import { endpointFactory, reply } from '../../../plugin-api/endpoint.ts';

export interface MetricsPageDeps {
  readonly metrics: Pick<Metrics, 'render' | 'contentType'>;
}

/** `GET /metrics` in Prometheus' text format, on listeners that serve metrics. */
export const metricsPage = endpointFactory<MetricsPageDeps>()({
  method: 'GET',
  path: '/metrics',
  auth: 'none',
  handler: async ({ deps }) =>
    reply({ status: 200, headers: { 'Content-Type': deps.metrics.contentType }, body: await deps.metrics.render() }),
});
