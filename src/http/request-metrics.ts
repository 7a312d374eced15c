import type { Metrics } from '../platform/metrics.ts';

export interface RequestMetrics {
  started(): void;
  finished(request: { route: string; method: string; status: number; seconds: number }): void;
}

const METHODS = new Set(['GET', 'HEAD', 'PUT', 'POST', 'DELETE', 'OPTIONS']);

/** Count, duration and number of requests by endpoint. Routes are patterns, so the number of labels is bounded. */
export function createRequestMetrics(metrics: Metrics): RequestMetrics {
  const requests = metrics.counter({ name: 'http_requests_total', help: 'Requests answered.', labels: ['route', 'method', 'status'] });
  const duration = metrics.histogram({ name: 'http_request_duration_seconds', help: 'Time to answer.', labels: ['route'] });
  let inFlight = 0;
  metrics.observed({ name: 'http_requests_in_flight', help: 'Requests that are being answered.', read: () => inFlight });
  return {
    started() {
      inFlight++;
    },
    finished({ route, method, status, seconds }) {
      inFlight--;
      requests.inc({ route, method: METHODS.has(method) ? method : 'other', status });
      duration.observe({ route }, seconds);
    },
  };
}
