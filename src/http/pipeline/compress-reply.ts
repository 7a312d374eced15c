import { constants } from 'node:zlib';
import type { Context } from 'koa';
import compress from 'koa-compress';

/** Smaller replies gain nothing. */
const COMPRESSION_BYTES_MIN = 1024;

const run = compress({
  threshold: COMPRESSION_BYTES_MIN,
  gzip: { level: 5 },
  deflate: false,
  br: { params: { [constants.BROTLI_PARAM_QUALITY]: 4 } },
});
const nothing = async (): Promise<void> => undefined;

/** Compresses large JSON and text replies. Media comes as other streams, mostly compressed already, and passes as it is. */
export async function compressReply(ctx: Context): Promise<void> {
  const { body } = ctx;
  if (typeof body === 'string' ? body.length < COMPRESSION_BYTES_MIN : !isLargeJson(ctx, body)) return;
  await run(ctx, nothing);
}

function isLargeJson(ctx: Context, body: unknown): boolean {
  if (typeof body !== 'object' || body === null) return false;
  if (Buffer.isBuffer(body) && body.length < COMPRESSION_BYTES_MIN) return false;
  return ctx.response.type === 'application/json';
}
