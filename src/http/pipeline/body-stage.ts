import { Transform } from 'node:stream';
import rawBody from 'raw-body';
import { MatrixError } from '../../core/errors/matrix-error.ts';
import { isJsonObject, type JsonObject } from '../../core/json/json-value.ts';
import { parseJsonStrict } from '../../core/json/parse-json-strict.ts';
import type { Exchange, Stage } from './exchange.ts';

const EMPTY = Buffer.alloc(0);

/** Reads a JSON body whatever its Content-Type says: clients leave it out. */
export function jsonBodyStage(options: { limit: number; optional: boolean }): Stage {
  return async (exchange: Exchange) => {
    exchange.body = parseBody(await readBody(exchange, options.limit), options.optional);
  };
}

/** For signed requests whose endpoint reads no body: the signature covers it all the same. */
export function signedBodyStage(limit: number): Stage {
  return async (exchange: Exchange) => {
    const bytes = await readBody(exchange, limit);
    exchange.body = bytes.length === 0 ? null : parseBody(bytes, true);
  };
}

/** Hands the body over unread; it fails with `M_TOO_LARGE` where it grows beyond the limit. */
export function streamBodyStage(limit: number): Stage {
  return (exchange: Exchange) => {
    if ((exchange.contentLength ?? 0) > limit) throw tooLarge(exchange, limit);
    if (exchange.contentLength !== null) {
      // Node never gives out more bytes than the header announced.
      exchange.stream = exchange.ctx.req;
      return;
    }
    let bytes = 0;
    const guard = new Transform({
      transform(chunk: Buffer, _, done) {
        bytes += chunk.length;
        if (bytes > limit) done(tooLarge(exchange, limit));
        else done(null, chunk);
      },
    });
    exchange.ctx.req
      .once('error', (error) => guard.destroy(error))
      .once('aborted', () => guard.destroy(new Error('the client has gone away')));
    exchange.stream = exchange.ctx.req.pipe(guard);
  };
}

async function readBody(exchange: Exchange, limit: number): Promise<Buffer> {
  const { req } = exchange.ctx;
  const length = exchange.contentLength;
  if (length === 0 || (length === null && req.headers['transfer-encoding'] === undefined)) return EMPTY;
  if (length !== null && length > limit) throw tooLarge(exchange, limit);
  try {
    return await rawBody(req, { length, limit });
  } catch (error) {
    if (isRawBodyError(error, 'entity.too.large')) throw tooLarge(exchange, limit);
    throw new MatrixError('M_UNKNOWN', 'The body could not be read', { cause: error });
  }
}

function parseBody(bytes: Buffer, optional: boolean): JsonObject {
  if (bytes.length === 0 && optional) return {};
  const value = parseJsonStrict(bytes);
  if (!isJsonObject(value)) throw new MatrixError('M_BAD_JSON', 'The body must be a JSON object');
  return value;
}

function tooLarge(exchange: Exchange, limit: number): MatrixError {
  // The rest of the body is not read, so the connection is of no more use.
  exchange.ctx.res.setHeader('Connection', 'close');
  return new MatrixError('M_TOO_LARGE', `The body is larger than ${limit} bytes`);
}

function isRawBodyError(error: unknown, type: string): boolean {
  return typeof error === 'object' && error !== null && 'type' in error && error.type === type;
}
