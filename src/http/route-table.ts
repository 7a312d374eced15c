import Router from '@koa/router';
import type { Context, Middleware } from 'koa';
import type { BoundEndpoint } from './bound-endpoint.ts';
import { expandPaths } from './expand-paths.ts';

/** @koa/router tests its layers one after the other: beyond this a router costs more than the rest of a request. */
const ROUTES_PER_ROUTER_MAX = 20;
/** Path segments that choose a router, besides the number of segments. */
const PREFIX_SEGMENTS = 4;

export interface Route {
  readonly method: string;
  readonly path: string;
  readonly handler: (ctx: Context) => Promise<void>;
}

interface Routers {
  readonly middlewares: readonly Middleware[];
  readonly sizes: readonly number[];
}

/**
 * All routes, in small routers that a map chooses by the number of segments and the first four of them. A path has one set
 * of routers, so a table of any size costs the same.
 */
export class RouteTable {
  readonly #byKey = new Map<string, Routers>();
  /** Routes with a parameter among their first segments, or a wildcard: they are tried last. */
  readonly #rest: Routers;
  readonly count: number;

  constructor(routes: readonly Route[]) {
    const groups = new Map<string, Route[]>();
    const rest: Route[] = [];
    for (const route of routes) {
      const key = keyOfPattern(route.path);
      if (key === null) rest.push(route);
      else groups.set(key, [...(groups.get(key) ?? []), route]);
    }
    for (const [key, group] of groups) this.#byKey.set(key, compile(group));
    this.#rest = compile(rest);
    this.count = routes.length;
  }

  /** Runs the route. `'method'`: the path exists for other methods; `'path'`: it does not exist. */
  async run(ctx: Context): Promise<'done' | 'method' | 'path'> {
    let pathExists = false;
    const own = this.#byKey.get(keyOfPath(ctx.path));
    for (const middleware of own === undefined ? this.#rest.middlewares : [...own.middlewares, ...this.#rest.middlewares]) {
      let passed = false;
      ctx.matched = undefined;
      await middleware(ctx, async () => {
        passed = true;
      });
      if (!passed) return 'done';
      const matched: unknown = ctx.matched;
      if (Array.isArray(matched) && matched.length > 0) pathExists = true;
    }
    return pathExists ? 'method' : 'path';
  }

  /** Routes per router, for the test of the limit. */
  get sizes(): number[] {
    return [...this.#byKey.values(), this.#rest].flatMap((routers) => routers.sizes);
  }
}

/** Paths of all endpoints; an alias gives way to an endpoint that has the path for itself. @throws Error for two of the same */
export function routesOf<T extends BoundEndpoint>(endpoints: readonly T[], handlerOf: (endpoint: T) => Route['handler']): Route[] {
  const owners = new Map<string, { endpoint: T; own: boolean; path: string; method: string }>();
  for (const endpoint of endpoints) {
    const { method, path: ownPath, aliases = [] } = endpoint.spec;
    for (const path of expandPaths(endpoint.spec)) {
      const own = path === ownPath || aliases.includes(path);
      const key = `${method} ${path.replaceAll(/:[^/]+/g, ':')}`;
      const other = owners.get(key);
      if (other !== undefined && own && other.own) {
        throw new Error(`${method} ${path} is registered twice: by ${other.endpoint.source} and by ${endpoint.source}`);
      }
      if (other === undefined || own) owners.set(key, { endpoint, own, path, method });
    }
  }
  const handlers = new Map<T, Route['handler']>();
  return [...owners.values()].map(({ endpoint, path, method }) => {
    const handler = handlers.get(endpoint) ?? handlerOf(endpoint);
    handlers.set(endpoint, handler);
    return { method, path, handler };
  });
}

function compile(routes: readonly Route[]): Routers {
  const middlewares: Middleware[] = [];
  const sizes: number[] = [];
  // Fixed paths first: a parameter would swallow them.
  const ordered = [...routes].sort((a, b) => specificity(b.path) - specificity(a.path));
  for (let i = 0; i < ordered.length; i += ROUTES_PER_ROUTER_MAX) {
    const router = new Router({ sensitive: true });
    const chunk = ordered.slice(i, i + ROUTES_PER_ROUTER_MAX);
    for (const { path, method, handler } of chunk)
      router.register(path, [method.toLowerCase()], (ctx) => handler(ctx as unknown as Context));
    middlewares.push(router.routes() as unknown as Middleware);
    sizes.push(chunk.length);
  }
  return { middlewares, sizes };
}

function specificity(path: string): number {
  return path.split('/').filter((segment) => !isVariable(segment)).length;
}

function isVariable(segment: string): boolean {
  return segment.startsWith(':') || segment.includes('*') || segment.includes('{');
}

/** Null for patterns that no key can find. */
function keyOfPattern(path: string): string | null {
  const segments = path.split('/').slice(1);
  if (path.includes('*') || path.includes('{')) return null;
  if (segments.slice(0, PREFIX_SEGMENTS).some(isVariable)) return null;
  return keyOfPath(path);
}

function keyOfPath(path: string): string {
  // A slash at the end counts for nothing: an empty state key may be written with or without it.
  const end = path.length > 1 && path.endsWith('/') ? path.length - 1 : path.length;
  let segments = 0;
  let prefixEnd = end;
  for (let i = 0; i < end; i++) {
    if (path.charCodeAt(i) !== 0x2f) continue;
    segments++;
    if (segments === PREFIX_SEGMENTS + 1) prefixEnd = i;
  }
  return `${segments}${path.slice(0, prefixEnd)}`;
}
