import type { Readable } from 'node:stream';
import type { Context } from 'koa';
import type { ServerName } from '../../core/ids/brands.ts';
import type { JsonObject } from '../../core/json/json-value.ts';
import type { AnyEndpoint, Method, Requester, RequestInfo } from '../../plugin-api/endpoint.ts';
import { clientIp } from './client-ip.ts';
import type { TrustedProxies } from './trusted-proxies.ts';

/** One request on its way through an endpoint's stages. It is what the handler gets as its context. */
export class Exchange implements RequestInfo {
  readonly ctx: Context;
  readonly spec: AnyEndpoint<unknown>;
  readonly deps: unknown;
  /** Filled by the parameter stage. */
  params: Record<string, string>;
  requester: Requester | null = null;
  origin: ServerName | null = null;
  body: JsonObject | null = null;
  stream: Readable | null = null;
  readonly #trustedProxies: TrustedProxies;
  #query: URLSearchParams | null = null;
  #ip: string | null = null;
  #abort: AbortController | null = null;

  constructor(options: {
    ctx: Context;
    spec: AnyEndpoint<unknown>;
    deps: unknown;
    params: Record<string, string>;
    trustedProxies: TrustedProxies;
  }) {
    this.ctx = options.ctx;
    this.spec = options.spec;
    this.deps = options.deps;
    this.params = options.params;
    this.#trustedProxies = options.trustedProxies;
  }

  /** The same object under the name that handlers know. */
  get request(): RequestInfo {
    return this;
  }

  get query(): URLSearchParams {
    this.#query ??= new URLSearchParams(this.ctx.querystring);
    return this.#query;
  }

  get method(): Method {
    return this.ctx.method as Method;
  }

  get path(): string {
    return this.ctx.path;
  }

  get headers(): RequestInfo['headers'] {
    return this.ctx.headers;
  }

  get ip(): string {
    this.#ip ??= clientIp(this.ctx.req, this.#trustedProxies);
    return this.#ip;
  }

  get userAgent(): string {
    return this.ctx.headers['user-agent'] ?? '';
  }

  get contentLength(): number | null {
    const header = this.ctx.headers['content-length'];
    return header !== undefined && /^\d+$/.test(header) ? Number(header) : null;
  }

  /** Made when it is asked for: most handlers never look. */
  get signal(): AbortSignal {
    if (this.#abort === null) {
      const abort = new AbortController();
      const { res } = this.ctx;
      if (res.destroyed && !res.writableFinished) abort.abort(new Error('the client has gone away'));
      res.once('close', () => {
        if (!res.writableFinished) abort.abort(new Error('the client has gone away'));
      });
      this.#abort = abort;
    }
    return this.#abort.signal;
  }
}

/** One step of an endpoint's pipeline. A refusal is an exception. */
export type Stage = (exchange: Exchange) => Promise<void> | void;
