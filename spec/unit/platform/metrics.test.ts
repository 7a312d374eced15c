import { expect, test } from 'vitest';
import { createMetrics } from '../../../src/platform/metrics.ts';

test('renders what was counted, set and observed', async () => {
  const metrics = createMetrics();
  const requests = metrics.counter({ name: 'requests_total', help: 'Requests.', labels: ['route', 'status'] });
  requests.inc({ route: '/sync', status: 200 });
  requests.inc({ route: '/sync', status: 200 }, 2);
  const open = metrics.gauge({ name: 'open', help: 'Open.' });
  open.set({}, 5);
  open.add({}, -2);
  metrics.observed({ name: 'cache_bytes', help: 'Bytes.', read: () => 42 });
  metrics.histogram({ name: 'wait_seconds', help: 'Wait.', buckets: [1, 2] }).observe({}, 1.5);
  const page = await metrics.render();
  expect(page).toContain('weft_requests_total{route="/sync",status="200"} 3');
  expect(page).toContain('weft_open 3');
  expect(page).toContain('weft_cache_bytes 42');
  expect(page).toContain('weft_wait_seconds_bucket{le="2"} 1');
  expect(metrics.contentType).toContain('text/plain');
});

test('two nodes in one process do not share metrics', async () => {
  const one = createMetrics();
  const two = createMetrics();
  one.counter({ name: 'n_total', help: 'N.' }).inc({});
  two.counter({ name: 'n_total', help: 'N.' });
  expect(await one.render()).toContain('weft_n_total 1');
  expect(await two.render()).toContain('weft_n_total 0');
});

test('a name is registered once', () => {
  const metrics = createMetrics();
  metrics.counter({ name: 'n_total', help: 'N.' });
  expect(() => metrics.gauge({ name: 'n_total', help: 'N.' })).toThrow();
});

test('the process is measured on demand', async () => {
  expect(await createMetrics({ processMetrics: true }).render()).toContain('process_cpu');
});
