import ipaddr from 'ipaddr.js';

/** Which addresses the server may connect to on behalf of strangers. */
export interface AddressPolicy {
  /** Allows every address: private networks, loopback, link-local. For tests and closed networks. */
  allowPrivate: boolean;
  /** CIDR ranges that are allowed although they are not public. */
  allow?: readonly string[];
  /** CIDR ranges that are refused whatever else says. */
  deny?: readonly string[];
}

/** Only public unicast addresses pass, besides what the policy names. Text that is no address does not pass. */
export function isAllowedAddress(text: string, policy: AddressPolicy): boolean {
  // `process` drops the IPv4 mapping of `::ffff:10.0.0.1`, which would otherwise hide a private address.
  if (!ipaddr.isValid(text)) return false;
  const address = ipaddr.process(text);
  if (policy.deny?.some((range) => inRange(address, range))) return false;
  if (policy.allowPrivate) return true;
  return isPublicUnicast(address) || (policy.allow?.some((range) => inRange(address, range)) ?? false);
}

function isPublicUnicast(address: ipaddr.IPv4 | ipaddr.IPv6): boolean {
  // 6to4, Teredo and NAT64 ranges carry an IPv4 address inside; ipaddr.js names them other than `unicast`.
  return address.range() === 'unicast';
}

function inRange(address: ipaddr.IPv4 | ipaddr.IPv6, cidr: string): boolean {
  const [network, bits] = ipaddr.parseCIDR(cidr);
  return network.kind() === address.kind() && address.match(network, bits);
}
