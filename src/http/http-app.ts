import type { IncomingMessage, ServerResponse } from 'node:http';
import Koa, { type Context } from 'koa';
import { MatrixError } from '../core/errors/matrix-error.ts';
import type { Clock } from '../platform/clock.ts';
import type { Logger } from '../platform/logger.ts';
import type { Metrics } from '../platform/metrics.ts';
import { type Tracing, tracingOff } from '../platform/tracing.ts';
import type { Requester } from '../plugin-api/endpoint.ts';
import type { RateLimiterSlot } from '../plugin-api/slots.ts';
import type { BoundEndpoint } from './bound-endpoint.ts';
import type { Authenticate } from './pipeline/authenticate-stage.ts';
import { compilePipeline } from './pipeline/compile-pipeline.ts';
import { compressReply } from './pipeline/compress-reply.ts';
import { setCorsHeaders } from './pipeline/cors.ts';
import type { VerifyFederation } from './pipeline/federation-stage.ts';
import { sendError } from './pipeline/send-error.ts';
import { trustedProxies } from './pipeline/trusted-proxies.ts';
import { createRequestMetrics } from './request-metrics.ts';
import { RouteTable, routesOf } from './route-table.ts';
import { apisOf, type ServedApi } from './served-apis.ts';

export interface HttpAppOptions {
  readonly endpoints: readonly BoundEndpoint[];
  readonly authenticate: Authenticate;
  readonly rateLimiter: RateLimiterSlot;
  /** Default: everybody but application services. */
  readonly isRateLimited?: (requester: Requester) => boolean;
  /** Without it, endpoints with `auth: 'server'` are refused at start. */
  readonly verifyFederation?: VerifyFederation;
  readonly metrics: Metrics;
  /** A span per request, named after its route. */
  readonly tracing?: Tracing;
  readonly log: Logger;
  readonly clock: Clock;
  readonly maxBodyBytes: number;
  /** Addresses or CIDR ranges. */
  readonly trustedProxies: readonly string[];
}

export type RequestHandler = (request: IncomingMessage, response: ServerResponse) => void;

export interface HttpApp {
  /** The handler for a listener that serves these; without an argument, everything. */
  callback(serve?: readonly ServedApi[]): RequestHandler;
  /** The table that the routes were made of. */
  readonly endpoints: readonly BoundEndpoint[];
  readonly routes: RouteTable;
  /** Requests that are being answered. */
  readonly inFlight: () => number;
}

/** The HTTP side of the server: endpoints as data in, a request handler out. */
export function createHttpApp(options: HttpAppOptions): HttpApp {
  const { endpoints, log, clock, metrics } = options;
  const pipelineDeps = {
    authenticate: options.authenticate,
    rateLimiter: options.rateLimiter,
    isRateLimited: options.isRateLimited ?? ((requester: Requester) => requester.appserviceId === null),
    verifyFederation: options.verifyFederation ?? null,
    maxBodyBytes: options.maxBodyBytes,
    trustedProxies: trustedProxies(options.trustedProxies),
  };
  const tracing = options.tracing ?? tracingOff;
  const measure = createRequestMetrics(metrics);
  const routes = new RouteTable(
    routesOf(endpoints, (endpoint) => {
      const run = compilePipeline(endpoint, pipelineDeps);
      const route = endpoint.spec.path;
      return async (ctx) => {
        if (!isServed(ctx)) throw unknownPath();
        ctx.state.route = route;
        await (tracing.enabled ? tracing.span(`${endpoint.spec.method} ${route}`, { 'http.route': route }, () => run(ctx)) : run(ctx));
      };
    }),
  );
  const logsRequests = log.level === 'debug' || log.level === 'trace';
  let requests = 0;
  let inFlight = 0;

  const dispatch = async (ctx: Context): Promise<void> => {
    const startedAt = clock.monotonic();
    const requestId = (++requests).toString(36);
    inFlight++;
    measure.started();
    setCorsHeaders(ctx.res);
    try {
      // The specification wants OPTIONS answered without any of the endpoint's logic.
      if (ctx.method === 'OPTIONS') ctx.status = 204;
      else await route(routes, ctx);
    } catch (error) {
      sendError(ctx, error, { log, requestId, route: routeLabel(ctx) });
    }
    await compressReply(ctx);
    inFlight--;
    const seconds = (clock.monotonic() - startedAt) / 1000;
    measure.finished({ route: routeLabel(ctx), method: ctx.method, status: ctx.status, seconds });
    if (logsRequests) {
      log.debug({ requestId, method: ctx.method, path: ctx.path, status: ctx.status, ms: Math.round(seconds * 1e4) / 10 }, 'request');
    }
  };

  return {
    endpoints,
    routes,
    inFlight: () => inFlight,
    callback(serve) {
      const app = new Koa();
      app.context.servedApis = serve ?? null;
      // What goes wrong while a reply is written: the client has usually gone away.
      app.on('error', (err: unknown) => log.debug({ err }, 'a reply was not written to its end'));
      app.use(dispatch);
      const handle = app.callback();
      return (request, response) => void handle(request, response);
    },
  };
}

async function route(routes: RouteTable, ctx: Context): Promise<void> {
  checkPath(ctx.path);
  if (ctx.querystring.includes('%00')) throw new MatrixError('M_INVALID_PARAM', 'The query contains NUL');
  const outcome = await routes.run(ctx);
  if (outcome === 'path') throw unknownPath();
  if (outcome === 'method') throw new MatrixError('M_UNRECOGNIZED', 'This path does not know that method', { status: 405 });
}

/** The router decodes each parameter once; what cannot be decoded would reach it as it is. */
function checkPath(path: string): void {
  if (!path.includes('%')) return;
  let decoded: string;
  try {
    decoded = decodeURIComponent(path);
  } catch (cause) {
    throw new MatrixError('M_INVALID_PARAM', 'The path is not percent-encoded UTF-8', { cause });
  }
  // No identifier has it, and the database refuses it.
  if (decoded.includes('\0')) throw new MatrixError('M_INVALID_PARAM', 'The path contains NUL');
}

/** Whether this listener answers the path. */
function isServed(ctx: Context): boolean {
  const served = ctx.servedApis as readonly ServedApi[] | null;
  return served === null || (apisOf(ctx.path)?.some((api) => served.includes(api)) ?? true);
}

function unknownPath(): MatrixError {
  return new MatrixError('M_UNRECOGNIZED', 'Unknown path');
}

function routeLabel(ctx: Context): string {
  return typeof ctx.state.route === 'string' ? ctx.state.route : 'none';
}
