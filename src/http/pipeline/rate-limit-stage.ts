import { MatrixError } from '../../core/errors/matrix-error.ts';
import type { Requester } from '../../plugin-api/endpoint.ts';
import type { RateLimiterSlot } from '../../plugin-api/slots.ts';
import { addressBucket } from './client-ip.ts';
import type { Exchange, Stage } from './exchange.ts';

/**
 * Counts a request against its bucket: by user, by origin, or by address where nobody is known.
 *
 * @see https://spec.matrix.org/v1.19/client-server-api/#rate-limiting
 */
export function rateLimitStage(bucket: string, limiter: RateLimiterSlot, isLimited: (requester: Requester) => boolean): Stage {
  return async (exchange: Exchange) => {
    const { requester } = exchange;
    if (requester !== null && !isLimited(requester)) return;
    const known = requester?.userId ?? exchange.origin;
    const waitMs = await limiter.consume(bucket, known ?? addressBucket(exchange.ip));
    if (waitMs > 0) throw new MatrixError('M_LIMIT_EXCEEDED', 'Too many requests', { extra: { retry_after_ms: Math.ceil(waitMs) } });
  };
}
