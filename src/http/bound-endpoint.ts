import type { AnyEndpoint } from '../plugin-api/endpoint.ts';

/** An endpoint together with the deps that its handler gets. */
export interface BoundEndpoint {
  /** Who registered it, for messages: a module's name. */
  readonly source: string;
  readonly spec: AnyEndpoint<unknown>;
  readonly deps: unknown;
}

/** Forgets the type of the deps, which has been checked here. */
export function bindEndpoints<Deps>(source: string, endpoints: readonly AnyEndpoint<Deps>[], deps: Deps): BoundEndpoint[] {
  return endpoints.map((spec) => ({ source, spec: spec as unknown as AnyEndpoint<unknown>, deps }));
}
