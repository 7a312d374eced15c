import { request as httpRequest } from 'node:http';

export interface RawRequest {
  readonly method: string;
  /** Sent as it stands: neither normalised nor encoded. */
  readonly path: string;
  readonly token?: string | null;
  readonly headers?: { readonly [name: string]: string };
  readonly body?: string | Uint8Array;
  /** Sends only the headers and no more than what `body` holds: for announced lengths that never come. */
  readonly unfinished?: boolean;
}

export interface RawAnswer {
  readonly status: number;
  readonly headers: { readonly [name: string]: string | string[] | undefined };
  readonly text: string;
  /** The parsed body, null when it is no JSON object. */
  readonly json: { readonly [key: string]: unknown } | null;
}

/** One request over a connection of its own; `fetch` would tidy up what these suites want to be untidy. */
export function rawRequest(base: string, options: RawRequest): Promise<RawAnswer> {
  const { hostname, port } = new URL(base);
  const { method, path, token, body, unfinished = false } = options;
  const bytes = body === undefined ? null : Buffer.from(body);
  return new Promise((resolve, reject) => {
    const request = httpRequest({
      hostname,
      port,
      method,
      path,
      agent: false,
      headers: {
        ...(token === undefined || token === null ? {} : { authorization: `Bearer ${token}` }),
        ...(bytes === null || options.headers?.['transfer-encoding'] !== undefined ? {} : { 'content-length': String(bytes.length) }),
        ...options.headers,
      },
    });
    let answered = false;
    request.on('response', (response) => {
      answered = true;
      const chunks: Buffer[] = [];
      response.on('data', (chunk: Buffer) => chunks.push(chunk));
      response.on('error', reject);
      response.on('end', () => {
        const text = Buffer.concat(chunks).toString();
        resolve({ status: response.statusCode ?? 0, headers: response.headers, text, json: parseObject(text) });
        request.destroy();
      });
    });
    // A server that has answered may close while the rest of the body is still on its way.
    request.on('error', (error) => {
      if (!answered) reject(error);
    });
    if (unfinished) {
      request.flushHeaders();
      if (bytes !== null) request.write(bytes);
    } else {
      request.end(bytes ?? undefined);
    }
  });
}

function parseObject(text: string): RawAnswer['json'] {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as RawAnswer['json']) : null;
  } catch {
    return null;
  }
}
