import { request } from 'node:http';
import { describe, expect, it } from 'vitest';
import { createHttpApp } from '../../../src/http/http-app.ts';
import { bindEndpoints } from '../../../src/http/bound-endpoint.ts';
import { listen } from '../../../src/http/listen.ts';
import { systemClock } from '../../../src/platform/clock.ts';
import { silentLogger } from '../../../src/platform/logger.ts';
import { createMetrics } from '../../../src/platform/metrics.ts';
import { endpointFactory } from '../../../src/plugin-api/endpoint.ts';

/** A server whose one endpoint answers when it is told to. */
async function slowServer(options: { drainMs: number; port?: number }) {
  const arrived = Promise.withResolvers<void>();
  const go = Promise.withResolvers<void>();
  const slow = endpointFactory<object>()({
    method: 'GET',
    path: '/slow',
    auth: 'none',
    handler: async () => {
      arrived.resolve();
      await go.promise;
      return { done: true };
    },
  });
  const app = createHttpApp({
    endpoints: bindEndpoints('test', [slow], {}),
    authenticate: () => Promise.reject(new Error('not asked')),
    rateLimiter: { consume: async () => 0 },
    metrics: createMetrics(),
    log: silentLogger,
    clock: systemClock,
    maxBodyBytes: 1_000,
    trustedProxies: [],
  });
  const listeners = [{ port: options.port ?? 0, bind: '127.0.0.1', serve: ['client'] as const }];
  const listening = await listen({ app, listeners, drainMs: options.drainMs, clock: systemClock, log: silentLogger });
  return { listening, arrived: arrived.promise, go: go.resolve, url: listening.addresses[0]?.url ?? '', app };
}

describe('a listener that closes', () => {
  it('lets a request that is under way end, and takes no new ones', async () => {
    // Longer than the suite may take: closing ends because the request has ended.
    const server = await slowServer({ drainMs: 3_600_000 });
    const answer = fetch(`${server.url}/slow`);
    await server.arrived;
    const closed = server.listening.close();
    await expect(fetch(`${server.url}/slow`)).rejects.toThrow();
    server.go();
    expect(await (await answer).json()).toEqual({ done: true });
    await closed;
    expect(server.app.inFlight()).toBe(0);
  });

  it('does not wait for ever', async () => {
    const server = await slowServer({ drainMs: 20 });
    const failed = new Promise((resolve) => request(`${server.url}/slow`).once('error', resolve).end());
    await server.arrived;
    await server.listening.close();
    expect(await failed).toBeInstanceOf(Error);
    server.go();
  });
});

describe('a listener that cannot be opened', () => {
  it('is named, and the others are closed again', async () => {
    const first = await slowServer({ drainMs: 0 });
    const port = first.listening.addresses[0]?.port ?? 0;
    await expect(slowServer({ drainMs: 0, port })).rejects.toThrow(`cannot listen on 127.0.0.1:${port}`);
    await first.listening.close();
  });
});
