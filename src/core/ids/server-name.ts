import { isIPv6 } from 'node:net';
import type { ServerName } from './brands.ts';
import { fitsBytes, ID_BYTES_MAX } from './id-length.ts';

const HOSTNAME_AND_PORT = /^(?:\[([0-9A-Fa-f:.]{2,45})\]|[0-9A-Za-z.-]{1,255})(?::[0-9]{1,5})?$/;

/**
 * A server name by the grammar: host name, IPv4 literal or IPv6 literal in brackets, with an optional port. Case is kept.
 * IPv4 literals are not told apart from host names, whose grammar includes them.
 *
 * @see https://spec.matrix.org/v1.19/appendices/#server-name
 */
export function parseServerName(raw: unknown): ServerName | null {
  if (typeof raw !== 'string' || !fitsBytes(raw, ID_BYTES_MAX)) return null;
  const match = HOSTNAME_AND_PORT.exec(raw);
  if (match === null) return null;
  const ipv6 = match[1];
  if (ipv6 !== undefined && !isIPv6(ipv6)) return null;
  return raw as ServerName;
}

/** Host and port of a server name; the port is absent unless written. Brackets of an IPv6 literal are kept. */
export function splitServerName(serverName: ServerName): { host: string; port: number | undefined } {
  const colon = serverName.lastIndexOf(':');
  if (colon === -1 || serverName.endsWith(']')) return { host: serverName, port: undefined };
  return { host: serverName.slice(0, colon), port: Number(serverName.slice(colon + 1)) };
}
