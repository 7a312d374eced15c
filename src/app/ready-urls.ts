const EVERY_ADDRESS = new Set(['::', '0.0.0.0']);
const LOOPBACKS = ['127.0.0.1', '::1'];

/** URLs that a person on this machine can open: an address that stands for all of them, or both loopbacks, become `localhost`. */
export function readyUrls(addresses: readonly { url: string; host: string; port: number }[]): string[] {
  const isLocalhost = ({ host, port }: { host: string; port: number }): boolean =>
    EVERY_ADDRESS.has(host) || LOOPBACKS.every((loopback) => addresses.some((other) => other.port === port && other.host === loopback));
  const urls = addresses.map((address) =>
    isLocalhost(address) ? `${new URL(address.url).protocol}//localhost:${address.port}` : address.url,
  );
  return [...new Set(urls)];
}
