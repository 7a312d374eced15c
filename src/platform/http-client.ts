import { isIP, type LookupFunction, type Socket } from 'node:net';
import { lookup as dnsLookup } from 'node:dns';
import { Readable } from 'node:stream';
import { Agent, buildConnector, errors, request as undiciRequest } from 'undici';
import { type AddressPolicy, isAllowedAddress } from './address-policy.ts';

/** Why a request brought no answer. `blocked`: the address policy forbids the target. */
export type HttpFailure = 'blocked' | 'timeout' | 'connect' | 'too-large' | 'aborted' | 'protocol';

/** No usable answer; an answer with an error status is a normal response. */
export class HttpClientError extends Error {
  readonly failure: HttpFailure;

  constructor(failure: HttpFailure, message: string, cause?: unknown) {
    super(message, cause === undefined ? undefined : { cause });
    this.name = 'HttpClientError';
    this.failure = failure;
  }
}

export interface HttpClientOptions {
  /** Which addresses may be talked to. */
  addresses: AddressPolicy;
  /** Sent unless the request names its own. */
  userAgent: string;
  /** PEM certificates trusted besides (or, with `caReplaces`, instead of) those of Node. */
  ca?: readonly string[];
  /** Default 10 s. */
  connectTimeoutMs?: number;
  /** Until the headers of the answer; default 30 s. */
  headersTimeoutMs?: number;
  /** Between two pieces of the body; default 30 s. */
  bodyTimeoutMs?: number;
  /** Default 10 MiB. */
  responseBytesMax?: number;
  /** Connections per origin; default 8. */
  connectionsMax?: number;
}

export interface HttpRequest {
  method: 'GET' | 'POST' | 'PUT' | 'DELETE' | 'HEAD';
  /** http or https. Its host is what is connected to; a `host` header decides SNI, certificate check and Host (server delegation). */
  url: string | URL;
  headers?: Record<string, string>;
  body?: string | Uint8Array;
  signal?: AbortSignal;
  /** For the whole exchange, redirects included; default: none beyond the timeouts of the client. */
  timeoutMs?: number;
  /** Overrides the client's limit. */
  responseBytesMax?: number;
  /** Redirects to follow (GET and HEAD only); default 0: the 3xx answer is returned. */
  redirectsMax?: number;
}

export interface HttpResponse {
  status: number;
  /** Names in lower case; repeated headers as a list. */
  headers: Record<string, string | string[] | undefined>;
  /** After redirects. */
  url: URL;
  body: Buffer;
}

export interface HttpStreamResponse extends Omit<HttpResponse, 'body'> {
  /** Fails with HttpClientError `too-large` past the limit. Must be read to its end or destroyed. */
  body: Readable;
}

/**
 * Outgoing HTTP for addresses that strangers choose. Three gates keep it out of private networks: a literal address in
 * the URL, every address that a name resolves to, and the address of the connected socket (so a name that changes
 * between look-up and connection is caught too). Redirects pass the same gates.
 */
export class HttpClient implements AsyncDisposable {
  readonly #agent: Agent;
  readonly #options: HttpClientOptions;
  readonly #responseBytesMax: number;

  constructor(options: HttpClientOptions) {
    this.#options = options;
    this.#responseBytesMax = options.responseBytesMax ?? 10 * 1024 * 1024;
    this.#agent = new Agent({
      connect: guardedConnector(options),
      connections: options.connectionsMax ?? 8,
      headersTimeout: options.headersTimeoutMs ?? 30_000,
      bodyTimeout: options.bodyTimeoutMs ?? 30_000,
      keepAliveTimeout: 20_000,
    });
  }

  /** Sends and reads the whole answer. Throws HttpClientError. */
  async request(request: HttpRequest): Promise<HttpResponse> {
    const response = await this.stream(request);
    const chunks: Buffer[] = [];
    try {
      for await (const chunk of response.body) chunks.push(chunk as Buffer);
    } catch (error) {
      throw toClientError(error, request.signal);
    }
    return { ...response, body: Buffer.concat(chunks) };
  }

  /** Sends and hands over the body as it comes. Throws HttpClientError. */
  async stream(request: HttpRequest): Promise<HttpStreamResponse> {
    const signals = [request.signal, request.timeoutMs === undefined ? undefined : AbortSignal.timeout(request.timeoutMs)].filter(
      (signal) => signal !== undefined,
    );
    const signal = signals.length === 0 ? undefined : AbortSignal.any(signals);
    const bytesMax = request.responseBytesMax ?? this.#responseBytesMax;
    let url = parseHttpUrl(request.url);
    for (let redirects = 0; ; redirects++) {
      const response = await this.#send(request, url, signal);
      const next = redirects < (request.redirectsMax ?? 0) ? redirectTarget(request, response, url) : null;
      if (next === null) return { ...response, url, body: limitBytes(response.body, bytesMax, signal) };
      response.body.on('error', () => undefined).destroy();
      url = next;
    }
  }

  async #send(request: HttpRequest, url: URL, signal: AbortSignal | undefined) {
    try {
      const { statusCode, headers, body } = await undiciRequest(url, {
        dispatcher: this.#agent,
        method: request.method,
        headers: { 'user-agent': this.#options.userAgent, ...request.headers },
        body: request.body ?? null,
        ...(signal === undefined ? {} : { signal }),
      });
      return { status: statusCode, headers, body };
    } catch (error) {
      throw toClientError(error, signal);
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#agent.destroy();
  }
}

function parseHttpUrl(raw: string | URL): URL {
  const url = URL.parse(String(raw));
  if (url === null || (url.protocol !== 'https:' && url.protocol !== 'http:'))
    throw new HttpClientError('protocol', `not an HTTP URL: ${String(raw)}`);
  return url;
}

function redirectTarget(
  request: HttpRequest,
  response: { status: number; headers: Record<string, string | string[] | undefined> },
  from: URL,
): URL | null {
  if (![301, 302, 303, 307, 308].includes(response.status)) return null;
  if (request.method !== 'GET' && request.method !== 'HEAD') return null;
  const { location } = response.headers;
  if (typeof location !== 'string') return null;
  const target = URL.parse(location, from.href);
  return target === null ? null : parseHttpUrl(target);
}

function guardedConnector({ addresses, ca, connectTimeoutMs }: HttpClientOptions): buildConnector.connector {
  const connect = buildConnector({
    timeout: connectTimeoutMs ?? 10_000,
    lookup: filteredLookup(addresses),
    ...(ca === undefined ? {} : { ca: [...ca] }),
  });
  return (options, callback) => {
    const literal = options.hostname.replace(/^\[|\]$/g, '');
    if (isIP(literal) !== 0 && !isAllowedAddress(literal, addresses)) {
      callback(blocked(literal), null as never);
      return;
    }
    connect(options, (...result: [Error, null] | [null, Socket]) => {
      const [error, socket] = result;
      if (error !== null) return callback(error, null);
      if (!isAllowedAddress(socket.remoteAddress ?? '', addresses)) {
        socket.destroy();
        return callback(blocked(socket.remoteAddress ?? 'unknown'), null);
      }
      return callback(null, socket);
    });
  };
}

/** The system's look-up without the addresses that the policy forbids; fails as blocked when none is left. */
function filteredLookup(policy: AddressPolicy): LookupFunction {
  return (hostname, options, callback) => {
    dnsLookup(hostname, { ...options, all: true }, (error, found) => {
      if (error !== null) return callback(error, '', 0);
      const allowed = found.filter(({ address }) => isAllowedAddress(address, policy));
      const [first] = allowed;
      if (first === undefined) return callback(blocked(hostname), '', 0);
      return options.all === true ? callback(null, allowed) : callback(null, first.address, first.family);
    });
  };
}

function blocked(target: string): HttpClientError {
  return new HttpClientError('blocked', `${target} is not a public address`);
}

function limitBytes(body: Readable, bytesMax: number, signal: AbortSignal | undefined): Readable {
  return Readable.from(limited(body, bytesMax, signal), { objectMode: false });
}

async function* limited(body: Readable, bytesMax: number, signal: AbortSignal | undefined): AsyncGenerator<Buffer> {
  let bytes = 0;
  try {
    for await (const chunk of body as AsyncIterable<Buffer>) {
      bytes += chunk.length;
      if (bytes > bytesMax) throw new HttpClientError('too-large', `the answer is larger than ${bytesMax} bytes`);
      yield chunk;
    }
  } catch (error) {
    throw toClientError(error, signal);
  }
}

function toClientError(error: unknown, signal: AbortSignal | undefined): HttpClientError {
  if (error instanceof HttpClientError) return error;
  const message = error instanceof Error ? error.message || error.name : String(error);
  if (signal?.aborted === true) {
    const timedOut = signal.reason instanceof Error && signal.reason.name === 'TimeoutError';
    return new HttpClientError(timedOut ? 'timeout' : 'aborted', timedOut ? 'no answer in time' : 'the request was abandoned', error);
  }
  // A race over several addresses fails with all of their errors.
  if (error instanceof AggregateError && error.errors.length > 0) return toClientError(error.errors[0], signal);
  if (
    error instanceof errors.ConnectTimeoutError ||
    error instanceof errors.HeadersTimeoutError ||
    error instanceof errors.BodyTimeoutError
  ) {
    return new HttpClientError('timeout', message, error);
  }
  if (error instanceof errors.HTTPParserError) return new HttpClientError('protocol', message, error);
  return new HttpClientError('connect', message, error);
}
