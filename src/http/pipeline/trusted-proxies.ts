import ipaddr from 'ipaddr.js';

/** Decides whose `X-Forwarded-For` is believed. */
export type TrustedProxies = (address: string) => boolean;

/** From addresses and CIDR ranges. @throws Error that names the entry that is neither */
export function trustedProxies(entries: readonly string[]): TrustedProxies {
  const ranges = entries.map((entry) => {
    try {
      if (entry.includes('/')) return ipaddr.parseCIDR(entry);
      const address = ipaddr.process(entry);
      return [address, address.kind() === 'ipv4' ? 32 : 128] as [typeof address, number];
    } catch {
      throw new Error(`http.trusted_proxies: ${entry} is no address or CIDR range`);
    }
  });
  return (raw) => {
    if (!ipaddr.isValid(raw)) return false;
    const address = ipaddr.process(raw);
    return ranges.some(([range, bits]) => range.kind() === address.kind() && address.match(range, bits));
  };
}
