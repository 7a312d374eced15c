import { endpointFactory, reply } from '../../../plugin-api/endpoint.ts';

/** Versions of the specification whose published endpoints are here. Clients choose what they may use by this list. */
const SPEC_VERSIONS: readonly string[] = [
  'r0.5.0',
  'r0.6.0',
  'r0.6.1',
  'v1.1',
  'v1.2',
  'v1.3',
  'v1.4',
  'v1.5',
  'v1.6',
  'v1.7',
  'v1.8',
  'v1.9',
  'v1.10',
  'v1.11',
  'v1.12',
];

export interface VersionsDeps {
  /** What modules have announced with `host.unstableFeature`. */
  readonly unstableFeatures: () => Iterable<string>;
}

/** @see https://spec.matrix.org/v1.19/client-server-api/#get_matrixclientversions */
export const versions = endpointFactory<VersionsDeps>()({
  method: 'GET',
  path: '/_matrix/client/versions',
  auth: 'none',
  handler: ({ deps }) =>
    reply({
      status: 200,
      headers: { 'Cache-Control': 'public, max-age=60' },
      body: {
        versions: [...SPEC_VERSIONS],
        unstable_features: Object.fromEntries([...deps.unstableFeatures()].sort().map((name) => [name, true])),
      },
    }),
});
