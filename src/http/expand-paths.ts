import type { AnyEndpoint } from '../plugin-api/endpoint.ts';

/** Older spellings of a whole version of an API, which clients still use. */
const VERSION_ALIASES: readonly (readonly [prefix: string, aliases: readonly string[]])[] = [
  ['/_matrix/client/v3/', ['/_matrix/client/r0/']],
  ['/_matrix/media/v3/', ['/_matrix/media/r0/', '/_matrix/media/v1/']],
];

/** Every path under which an endpoint answers: its own first, then what it names, then the older versions of those. */
export function expandPaths(spec: Pick<AnyEndpoint<unknown>, 'path' | 'aliases'>): string[] {
  const named = [spec.path, ...(spec.aliases ?? [])];
  const older = named.flatMap((path) =>
    VERSION_ALIASES.flatMap(([prefix, aliases]) =>
      path.startsWith(prefix) ? aliases.map((alias) => alias + path.slice(prefix.length)) : [],
    ),
  );
  return [...new Set([...named, ...older])];
}
