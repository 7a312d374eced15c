import { Readable } from 'node:stream';
import { type HttpReply, type RequestInfo, reply } from '../../plugin-api/endpoint.ts';
import type { MediaStoreSlot } from '../../plugin-api/slots.ts';
import { parseByteRange } from './byte-range.ts';
import { CACHE_SECONDS } from './limits.ts';
import { notFound } from './media.ts';

/** Whatever a file contains, no browser runs it as a page of this server. https://spec.matrix.org/v1.19/client-server-api/#content-repository */
const SECURITY_HEADERS = {
  'Content-Security-Policy':
    "sandbox; default-src 'none'; script-src 'none'; plugin-types application/pdf; style-src 'unsafe-inline'; object-src 'self';",
  'X-Content-Type-Options': 'nosniff',
  'Cross-Origin-Resource-Policy': 'cross-origin',
};

export interface ServedObject {
  readonly key: string;
  readonly bytes: number;
  readonly contentType: string;
  readonly disposition: string;
}

/**
 * Answers GET and HEAD for an object of the media store: whole, a range of it, or that the client has it already. Objects never change, so
 * their key is what identifies them.
 *
 * @throws MatrixError `M_NOT_FOUND` when the store has lost the object
 */
export async function serveObject(objects: MediaStoreSlot, object: ServedObject, request: RequestInfo): Promise<HttpReply> {
  const { key, bytes, contentType, disposition } = object;
  const etag = `"${key.slice(key.lastIndexOf('/') + 1)}"`;
  const common = {
    ...SECURITY_HEADERS,
    ETag: etag,
    // `no-transform`: compression on the way would break lengths and ranges.
    'Cache-Control': `private, max-age=${CACHE_SECONDS}, immutable, no-transform`,
    'Accept-Ranges': 'bytes',
  };
  if (matches(headerOf(request, 'if-none-match'), etag)) return reply({ status: 304, headers: common });

  const ifRange = headerOf(request, 'if-range');
  const range = ifRange === undefined || ifRange === etag ? parseByteRange(headerOf(request, 'range'), bytes) : null;
  if (range === 'unsatisfiable') return reply({ status: 416, headers: { ...common, 'Content-Range': `bytes */${bytes}` } });
  const length = range === null ? bytes : range.end - range.start + 1;
  const headers = {
    ...common,
    'Content-Type': contentType,
    'Content-Disposition': disposition,
    'Content-Length': String(length),
    ...(range === null ? {} : { 'Content-Range': `bytes ${range.start}-${range.end}/${bytes}` }),
  };
  const status = range === null ? 200 : 206;
  if (request.method === 'HEAD') return reply({ status, headers, body: Readable.from([]) });
  const found = await objects.get(key, range ?? undefined);
  if (found === null) throw notFound();
  if (found.bytes !== length) {
    found.stream.destroy();
    throw new Error(`object ${key} has another length than it was stored with`);
  }
  return reply({ status, headers, body: found.stream });
}

function headerOf(request: RequestInfo, name: string): string | undefined {
  const value = request.headers[name];
  return Array.isArray(value) ? value[0] : value;
}

function matches(ifNoneMatch: string | undefined, etag: string): boolean {
  return ifNoneMatch?.split(',').some((candidate) => ['*', etag].includes(candidate.trim().replace(/^W\//, ''))) ?? false;
}
