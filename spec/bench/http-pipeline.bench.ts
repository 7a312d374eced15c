import { IncomingMessage, ServerResponse } from 'node:http';
import { Socket } from 'node:net';
import Koa from 'koa';
import type { UserId } from '../../src/core/ids/brands.ts';
import { bindEndpoints } from '../../src/http/bound-endpoint.ts';
import { createHttpApp, type RequestHandler } from '../../src/http/http-app.ts';
import { MemoryRateLimiter } from '../../src/modules/rate-limits/memory-rate-limiter.ts';
import { systemClock } from '../../src/platform/clock.ts';
import { silentLogger } from '../../src/platform/logger.ts';
import { createMetrics } from '../../src/platform/metrics.ts';
import { endpointFactory } from '../../src/plugin-api/endpoint.ts';

// CPU time of one authenticated, rate-limited GET through the pipeline, in a table of 150 endpoints, beside bare koa. No sockets.
// Goal: at most 30 µs more than koa. The least of several rounds counts: everything else is other people's load.
const ROUNDS = 12;
const REQUESTS = 4_000;
const ENDPOINTS = 150;

const define = endpointFactory<object>();
const endpoints = Array.from({ length: ENDPOINTS }, (_, i) =>
  define({
    method: 'GET',
    path: `/_matrix/client/v3/rooms/:roomId/r${i}`,
    auth: 'user',
    handler: ({ requester }) => ({ me: requester.userId }),
  }),
);
const requester = {
  userId: '@a:b' as UserId,
  deviceId: null,
  tokenId: 1,
  isGuest: false,
  isAdmin: false,
  isSuspended: false,
  appserviceId: null,
};
const weft = createHttpApp({
  endpoints: bindEndpoints('bench', endpoints, {}),
  authenticate: async () => requester,
  rateLimiter: new MemoryRateLimiter({ default: { per_second: 1e6, burst: 1e9 } }),
  metrics: createMetrics(),
  log: silentLogger,
  clock: systemClock,
  maxBodyBytes: 1_000,
  trustedProxies: [],
}).callback();
const koa = new Koa();
koa.use((ctx) => {
  ctx.body = { me: '@a:b' };
});
const bare: RequestHandler = (request, response) => void koaHandler(request, response);
const koaHandler = koa.callback();

const least = { koa: Number.POSITIVE_INFINITY, weft: Number.POSITIVE_INFINITY };
for (let round = 0; round < ROUNDS; round++) {
  least.koa = Math.min(least.koa, await measure(bare));
  least.weft = Math.min(least.weft, await measure(weft));
}
console.log(`koa ${least.koa.toFixed(1)} µs, the pipeline ${least.weft.toFixed(1)} µs: ${(least.weft - least.koa).toFixed(1)} µs more`);
// The rate limiter's timers would keep the process alive.
process.exit(0);

async function measure(handler: RequestHandler): Promise<number> {
  const before = process.cpuUsage();
  for (let i = 0; i < REQUESTS; i++) await answer(handler);
  const { user, system } = process.cpuUsage(before);
  return (user + system) / REQUESTS;
}

/** Resolves when the handler ends its response. */
function answer(handler: RequestHandler): Promise<void> {
  return new Promise((resolve) => {
    const request = new IncomingMessage(new Socket());
    request.method = 'GET';
    request.url = '/_matrix/client/v3/rooms/!abc:test/r77';
    request.headers = { authorization: 'Bearer token', host: 'test', 'accept-encoding': 'gzip' };
    const response = new ServerResponse(request);
    response.end = () => {
      resolve();
      return response;
    };
    handler(request, response);
  });
}
