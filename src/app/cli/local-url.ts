import type { Config } from '../config/load-config.ts';

/** Where this machine reaches the running server's admin endpoints; null when every such listener speaks TLS. */
export function localUrl(config: Config): string | null {
  const listener = config.listeners.find(({ serve, tls }) => serve.includes('admin') && tls === undefined);
  if (listener === undefined) return null;
  const [address = '::'] = [listener.bind].flat();
  const host = ['::', '0.0.0.0'].includes(address) ? 'localhost' : address.includes(':') ? `[${address}]` : address;
  return `http://${host}:${listener.port}`;
}
