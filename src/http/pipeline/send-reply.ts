import { Readable } from 'node:stream';
import type { Context } from 'koa';
import type { JsonObject } from '../../core/json/json-value.ts';
import { type HttpReply, isReply } from '../../plugin-api/endpoint.ts';

const JSON_TYPE = 'application/json';

/** Writes a handler's answer: an object is the JSON of a 200. */
export function sendReply(ctx: Context, answer: JsonObject | HttpReply): void {
  if (!isReply(answer)) {
    sendJson(ctx, 200, answer);
    return;
  }
  const { body, headers = {} } = answer;
  ctx.status = answer.status;
  // Before the body: koa guesses a type only where there is none.
  for (const name of Object.keys(headers)) ctx.res.setHeader(name, headers[name] ?? '');
  if (body === undefined || body === null) {
    ctx.body = '';
    if (!Object.keys(headers).some((name) => name.toLowerCase() === 'content-type')) ctx.remove('Content-Type');
    return;
  }
  if (!ctx.res.hasHeader('Content-Type')) ctx.res.setHeader('Content-Type', JSON_TYPE);
  if (typeof body === 'string' || body instanceof Readable) ctx.body = body;
  else if (body instanceof Uint8Array) ctx.body = Buffer.isBuffer(body) ? body : Buffer.from(body.buffer, body.byteOffset, body.byteLength);
  else ctx.body = JSON.stringify(body);
}

export function sendJson(ctx: Context, status: number, body: JsonObject): void {
  ctx.status = status;
  ctx.res.setHeader('Content-Type', JSON_TYPE);
  ctx.body = JSON.stringify(body);
}
