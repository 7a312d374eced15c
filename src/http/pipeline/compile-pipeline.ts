import type { Context } from 'koa';
import type { Requester } from '../../plugin-api/endpoint.ts';
import type { RateLimiterSlot } from '../../plugin-api/slots.ts';
import type { BoundEndpoint } from '../bound-endpoint.ts';
import { type Authenticate, authenticateStage } from './authenticate-stage.ts';
import { jsonBodyStage, signedBodyStage, streamBodyStage } from './body-stage.ts';
import { Exchange, type Stage } from './exchange.ts';
import { federationStage, type VerifyFederation } from './federation-stage.ts';
import { paramsStage } from './params-stage.ts';
import { rateLimitStage } from './rate-limit-stage.ts';
import { sendReply } from './send-reply.ts';
import type { TrustedProxies } from './trusted-proxies.ts';
import { validateStage } from './validate-stage.ts';

/** Bucket of endpoints that name none. */
const DEFAULT_BUCKET = 'default';
const FEDERATION_BUCKET = 'federation';

export interface PipelineDeps {
  readonly authenticate: Authenticate;
  readonly rateLimiter: RateLimiterSlot;
  readonly isRateLimited: (requester: Requester) => boolean;
  readonly verifyFederation: VerifyFederation | null;
  readonly maxBodyBytes: number;
  readonly trustedProxies: TrustedProxies;
}

/** Composes the stages that this endpoint needs, once; a stage that it does not need is absent. */
export function compilePipeline(endpoint: BoundEndpoint, deps: PipelineDeps): (ctx: Context) => Promise<void> {
  const { spec } = endpoint;
  const stages = stagesOf(endpoint, deps);
  const { trustedProxies } = deps;
  return async (ctx) => {
    const params = ctx.params as Record<string, string>;
    const exchange = new Exchange({ ctx, spec, deps: endpoint.deps, params, trustedProxies });
    for (const stage of stages) {
      const pending = stage(exchange);
      if (pending !== undefined) await pending;
    }
    // The stages have made the exchange what the endpoint's types promise.
    sendReply(ctx, await spec.handler(exchange as never));
  };
}

function stagesOf(endpoint: BoundEndpoint, deps: PipelineDeps): Stage[] {
  const { spec, source } = endpoint;
  const stages: (Stage | null)[] = [authenticateStage(spec, deps.authenticate)];
  const bodyLimit = spec.bodyLimit ?? deps.maxBodyBytes;
  const limit = limitStage(endpoint, deps);
  if (spec.auth === 'server') {
    if (deps.verifyFederation === null) throw new Error(`${spec.path} of ${source} needs federation, which is off`);
    stages.push(bodyStage(endpoint, bodyLimit) ?? signedBodyStage(bodyLimit), federationStage(deps.verifyFederation), limit);
  } else {
    stages.push(limit, bodyStage(endpoint, bodyLimit));
  }
  if (typeof spec.body === 'object') stages.push(validateStage(spec.body));
  stages.push(paramsStage(spec.path));
  return stages.filter((stage) => stage !== null);
}

function bodyStage({ spec }: BoundEndpoint, limit: number): Stage | null {
  if (spec.body === undefined) return null;
  return spec.body === 'stream' ? streamBodyStage(limit) : jsonBodyStage({ limit, optional: spec.bodyOptional ?? false });
}

function limitStage({ spec }: BoundEndpoint, deps: PipelineDeps): Stage | null {
  // Pages and probes of the server itself are not counted.
  const counted = spec.limit ?? (spec.path.startsWith('/_') ? (spec.auth === 'server' ? FEDERATION_BUCKET : DEFAULT_BUCKET) : null);
  return counted === null ? null : rateLimitStage(counted, deps.rateLimiter, deps.isRateLimited);
}
