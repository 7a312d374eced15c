/** What a listener may serve. */
export type ServedApi = 'client' | 'federation' | 'media' | 'admin' | 'metrics';

const BY_PREFIX: readonly (readonly [prefix: string, apis: readonly ServedApi[]])[] = [
  ['/_matrix/client/v1/media/', ['media']],
  ['/_matrix/media/', ['media']],
  ['/_matrix/federation/', ['federation']],
  ['/_matrix/key/', ['federation']],
  ['/.well-known/matrix/server', ['federation', 'client']],
  ['/_synapse/', ['admin']],
  ['/_weft/admin/', ['admin']],
  ['/metrics', ['metrics']],
];

/** On which listeners a path is answered; null: on all of them. */
export function apisOf(path: string): readonly ServedApi[] | null {
  if (path === '/health') return null;
  return BY_PREFIX.find(([prefix]) => path.startsWith(prefix))?.[1] ?? ['client'];
}
