import type { Context } from 'koa';
import { UiaChallenge } from '../../accounts/uia/uia-challenge.ts';
import { ERROR_STATUS } from '../../core/errors/error-codes.ts';
import { MatrixError } from '../../core/errors/matrix-error.ts';
import { QueueFullError } from '../../platform/keyed-queue.ts';
import type { Logger } from '../../platform/logger.ts';
import { sendJson } from './send-reply.ts';

/** How long a client waits when a queue of the server is full. */
const QUEUE_FULL_RETRY_MS = 1_000;

/**
 * Turns what was thrown into the standard error response; anything that is no refusal is a bug of the server, logged with
 * the request id that the client is told.
 *
 * @see https://spec.matrix.org/v1.19/client-server-api/#standard-error-response
 */
export function sendError(ctx: Context, error: unknown, context: { log: Logger; requestId: string; route: string }): void {
  if (error instanceof MatrixError) {
    sendMatrixError(ctx, error);
  } else if (error instanceof UiaChallenge) {
    sendJson(ctx, 401, error.body);
  } else if (error instanceof QueueFullError) {
    context.log.warn({ err: error, requestId: context.requestId, route: context.route }, 'a queue is full');
    sendMatrixError(ctx, new MatrixError('M_LIMIT_EXCEEDED', 'The server is busy', { extra: { retry_after_ms: QUEUE_FULL_RETRY_MS } }));
  } else {
    context.log.error({ err: error, requestId: context.requestId, method: ctx.method, route: context.route }, 'request failed');
    sendJson(ctx, 500, { errcode: 'M_UNKNOWN', error: `Internal server error (request ${context.requestId})` });
  }
}

function sendMatrixError(ctx: Context, error: MatrixError): void {
  const status = error.status ?? ERROR_STATUS[error.errcode];
  const retryAfterMs = error.extra.retry_after_ms;
  if (status === 429 && typeof retryAfterMs === 'number') {
    ctx.res.setHeader('Retry-After', String(Math.max(1, Math.ceil(retryAfterMs / 1000))));
  }
  sendJson(ctx, status, { errcode: error.errcode, error: error.message, ...error.extra });
}
