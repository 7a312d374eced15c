import type { ServerName } from '../../core/ids/brands.ts';
import type { JsonObject } from '../../core/json/json-value.ts';
import type { Exchange, Stage } from './exchange.ts';

/**
 * Checks the signature of a request of another homeserver and returns its origin.
 * `uri` is path and query as they were sent; `content` is the parsed body, undefined where there is none.
 *
 * @see https://spec.matrix.org/v1.19/server-server-api/#request-authentication
 */
export type VerifyFederation = (request: {
  readonly method: string;
  readonly uri: string;
  readonly authorization: string | undefined;
  readonly content: JsonObject | undefined;
}) => Promise<ServerName>;

/** Runs after the body was read, because the signature covers it. */
export function federationStage(verify: VerifyFederation): Stage {
  return async (exchange: Exchange) => {
    const { req } = exchange.ctx;
    exchange.origin = await verify({
      method: exchange.ctx.method,
      uri: req.url ?? exchange.path,
      authorization: req.headers.authorization,
      content: exchange.body ?? undefined,
    });
  };
}
