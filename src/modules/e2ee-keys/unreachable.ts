import type { ServerName } from '../../core/ids/brands.ts';
import type { JsonObject } from '../../core/json/json-value.ts';

/** The `failures` of an answer: this server asks no other server for keys, so whoever lives there cannot be reached. */
export function unreachable(servers: ReadonlySet<ServerName>): { [server: string]: JsonObject } {
  return Object.fromEntries(
    [...servers].map((server) => [server, { errcode: 'M_CONNECTION_FAILED', error: `Keys cannot be fetched from ${server}` }]),
  );
}
