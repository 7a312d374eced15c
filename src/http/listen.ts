import { readFile, stat } from 'node:fs/promises';
import { createServer as createHttpServer, type Server } from 'node:http';
import { createServer as createHttpsServer, type Server as HttpsServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import type { Clock, Timer } from '../platform/clock.ts';
import type { Logger } from '../platform/logger.ts';
import type { HttpApp } from './http-app.ts';
import type { ServedApi } from './served-apis.ts';

/** Longer than the idle time of common reverse proxies, so that they close first and no request meets a closing socket. */
const KEEP_ALIVE_MS = 75_000;
const HEADERS_TIMEOUT_MS = 60_000;
const HEADER_BYTES_MAX = 32 * 1024;
/** A whole request, its body included: a large upload over a slow line. */
const REQUEST_TIMEOUT_MS = 30 * 60_000;
/** How often a closing server looks for connections whose last request has ended; Node closes only those that are idle at once. */
const IDLE_CHECK_MS = 50;
/** How often certificate files are looked at. */
const CERTIFICATE_CHECK_MS = 60_000;

export interface ListenerOptions {
  readonly port: number;
  readonly bind: string | readonly string[];
  readonly tls?: { readonly cert_file: string; readonly key_file: string } | undefined;
  readonly serve: readonly ServedApi[];
}

interface ListeningAddress {
  readonly url: string;
  readonly host: string;
  readonly port: number;
  readonly serve: readonly ServedApi[];
}

export interface Listening extends AsyncDisposable {
  readonly addresses: readonly ListeningAddress[];
  /** Takes no new connections, lets requests that are under way end for at most `drainMs`, then closes the rest. */
  close(): Promise<void>;
}

/** A listener could not be opened. */
export class ListenError extends Error {
  constructor(where: string, cause: Error) {
    super(
      `cannot listen on ${where}: ${(cause as NodeJS.ErrnoException).code === 'EADDRINUSE' ? 'another program has this port' : cause.message}`,
      {
        cause,
      },
    );
    this.name = 'ListenError';
  }
}

/** Opens all listeners, or none. @throws ListenError */
export async function listen(options: {
  app: HttpApp;
  listeners: readonly ListenerOptions[];
  drainMs: number;
  clock: Clock;
  log: Logger;
}): Promise<Listening> {
  const { app, listeners, drainMs, clock, log } = options;
  const servers: Server[] = [];
  const addresses: ListeningAddress[] = [];
  const timers: { current: Timer | null }[] = [];
  let closing: Promise<void> | null = null;
  const close = (): Promise<void> => {
    closing ??= closeAll(servers, { drainMs, clock, timers });
    return closing;
  };
  try {
    for (const listener of listeners) {
      for (const host of typeof listener.bind === 'string' ? [listener.bind] : listener.bind) {
        const server = await createServer(app, listener);
        servers.push(server);
        await open(server, { host, port: listener.port });
        if (listener.tls !== undefined) timers.push(watchCertificate(server as HttpsServer, listener.tls, { clock, log }));
        const { port } = server.address() as AddressInfo;
        const scheme = listener.tls === undefined ? 'http' : 'https';
        addresses.push({ url: `${scheme}://${urlHost(host)}:${port}`, host, port, serve: listener.serve });
      }
    }
  } catch (error) {
    await close();
    throw error;
  }
  return { addresses, close, [Symbol.asyncDispose]: close };
}

async function createServer(app: HttpApp, listener: ListenerOptions): Promise<Server> {
  const handler = app.callback(listener.serve);
  const limits = {
    keepAliveTimeout: KEEP_ALIVE_MS,
    headersTimeout: HEADERS_TIMEOUT_MS,
    requestTimeout: REQUEST_TIMEOUT_MS,
    maxHeaderSize: HEADER_BYTES_MAX,
  };
  if (listener.tls === undefined) return createHttpServer(limits, handler);
  return createHttpsServer({ ...limits, ...(await readCertificate(listener.tls)) }, handler);
}

function open(server: Server, at: { host: string; port: number }): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once('error', (cause: Error) => reject(new ListenError(`${urlHost(at.host)}:${at.port}`, cause)));
    server.listen({ ...at, ipv6Only: at.host === '::1' }, () => resolve());
  });
}

async function readCertificate(tls: { cert_file: string; key_file: string }): Promise<{ cert: Buffer; key: Buffer }> {
  const [cert, key] = await Promise.all([readFile(tls.cert_file), readFile(tls.key_file)]);
  return { cert, key };
}

/** Certificates are renewed while the server runs: new connections use the new one within a minute. */
function watchCertificate(
  server: HttpsServer,
  tls: { cert_file: string; key_file: string },
  { clock, log }: { clock: Clock; log: Logger },
): { current: Timer | null } {
  const timer: { current: Timer | null } = { current: null };
  let seen: string | null = null;
  const check = async (): Promise<void> => {
    try {
      const version = (await Promise.all([stat(tls.cert_file), stat(tls.key_file)])).map((file) => file.mtimeMs).join(' ');
      if (seen !== null && seen !== version) {
        server.setSecureContext(await readCertificate(tls));
        log.info({ certificate: tls.cert_file }, 'read the renewed certificate');
      }
      seen = version;
    } catch (err) {
      log.warn({ err, certificate: tls.cert_file }, 'could not read the certificate again; the old one stays');
    }
  };
  const tick = (): void => {
    void check();
    timer.current = clock.setTimeout(tick, CERTIFICATE_CHECK_MS);
  };
  tick();
  return timer;
}

async function closeAll(
  servers: readonly Server[],
  { drainMs, clock, timers }: { drainMs: number; clock: Clock; timers: readonly { current: Timer | null }[] },
): Promise<void> {
  for (const timer of timers) timer.current?.cancel();
  const closed = Promise.all(
    servers.map((server) => new Promise<void>((resolve) => (server.listening ? server.close(() => resolve()) : resolve()))),
  );
  const { promise: late, resolve } = Promise.withResolvers<void>();
  using _timer = clock.setTimeout(resolve, drainMs);
  const idle: { current: Timer | null } = { current: null };
  const closeIdle = (): void => {
    for (const server of servers) server.closeIdleConnections();
    idle.current = clock.setTimeout(closeIdle, IDLE_CHECK_MS);
  };
  closeIdle();
  await Promise.race([closed, late]);
  idle.current?.cancel();
  for (const server of servers) server.closeAllConnections();
  await closed;
}

function urlHost(host: string): string {
  return host.includes(':') ? `[${host}]` : host;
}
