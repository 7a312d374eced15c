import type { IncomingMessage } from 'node:http';
import ipaddr from 'ipaddr.js';
import type { TrustedProxies } from './trusted-proxies.ts';

/** Proxies in a row that are looked through. */
const FORWARDED_HOPS_MAX = 10;

/**
 * The address that the request came from: the nearest one that is not a trusted proxy. Each proxy adds the address that it
 * sees at the end of `X-Forwarded-For`, so the list is read from its end; what a client wrote at its beginning is never reached.
 */
export function clientIp(request: IncomingMessage, isTrusted: TrustedProxies): string {
  let address = plain(request.socket.remoteAddress ?? '');
  const header = request.headers['x-forwarded-for'];
  if (header === undefined || !isTrusted(address)) return address;
  const hops = (Array.isArray(header) ? header.join(',') : header).split(',').slice(-FORWARDED_HOPS_MAX);
  for (const hop of hops.reverse()) {
    const candidate = hop.trim();
    if (!ipaddr.isValid(candidate)) return address;
    address = plain(candidate);
    if (!isTrusted(address)) return address;
  }
  return address;
}

/** IPv4 addresses inside IPv6 are written as IPv4. */
function plain(address: string): string {
  return address.startsWith('::ffff:') && address.includes('.') ? address.slice(7) : address;
}

/** What requests without an account are counted by: one subscriber has a whole /64 of IPv6. */
export function addressBucket(ip: string): string {
  if (!ip.includes(':') || !ipaddr.IPv6.isValid(ip)) return ip;
  return ipaddr.IPv6.parse(ip).parts.slice(0, 4).join(':');
}
