import type { PublishedEndpoint } from './read-published-endpoints.ts';

export interface OwnEndpoint {
  readonly method: string;
  /** With `:name` for parameters. */
  readonly path: string;
  readonly auth: string;
  /** The module, or the part of the server, that it belongs to. */
  readonly source: string;
}

/** The APIs that a homeserver answers. It is a client of the others. */
const ANSWERED_APIS: readonly { api: string; title: string }[] = [
  { api: 'client-server', title: 'Client-server API' },
  { api: 'server-server', title: 'Server-server API' },
];

/** The Markdown page that sets the published endpoints against those of the server. */
export function coveragePage(published: readonly PublishedEndpoint[], own: readonly OwnEndpoint[]): string {
  const ownByRoute = new Map(own.map((endpoint) => [routeKey(endpoint), endpoint]));
  const sections = ANSWERED_APIS.map(({ api, title }) =>
    section(
      title,
      published.filter((each) => each.api === api),
      ownByRoute,
    ),
  );
  const publishedRoutes = new Set(published.map(routeKey));
  const extra = own.filter((endpoint) => !publishedRoutes.has(routeKey(endpoint)));
  const page = [
    '# Endpoints of the specification',
    '',
    'Made by `npm run spec-coverage` from the endpoint table of the specification and the endpoint table of the server. It says that an',
    'endpoint is routed, not that it behaves: the suites in `spec/` and `federation-tests/` say that.',
    '',
    ...sections.flat(),
    `## Endpoints that are not in the table (${extra.length})`,
    '',
    ...table(
      ['method', 'path', 'auth', 'part of the server'],
      extra.toSorted(byRoute).map((each) => [each.method, code(each.path), each.auth, each.source]),
    ),
  ];
  return `${page.join('\n').trimEnd()}\n`;
}

function section(title: string, published: readonly PublishedEndpoint[], own: ReadonlyMap<string, OwnEndpoint>): string[] {
  const covered = published.filter((each) => own.has(routeKey(each))).length;
  const rows = published.toSorted(byRoute).map((each) => {
    const match = own.get(routeKey(each));
    return [
      match === undefined ? 'no' : 'yes',
      each.method,
      code(each.path),
      each.operationId + (each.deprecated ? ' (deprecated)' : ''),
      match === undefined ? '' : match.source,
    ];
  });
  return [
    `## ${title}: ${covered} of ${published.length}`,
    '',
    ...table(['routed', 'method', 'path', 'operation', 'part of the server'], rows),
    '',
  ];
}

/** Parameters are compared by place: their names differ between the specification and the server. */
function routeKey({ method, path }: { method: string; path: string }): string {
  return `${method.toUpperCase()} ${path.replace(/\/+$/, '').replaceAll(/\{[^}/]+\}|:[A-Za-z_]\w*/g, '{}')}`;
}

function byRoute(a: { method: string; path: string }, b: { method: string; path: string }): number {
  const [left, right] = [`${a.path} ${a.method}`, `${b.path} ${b.method}`];
  return left < right ? -1 : left > right ? 1 : 0;
}

function code(text: string): string {
  return `\`${text}\``;
}

function table(header: readonly string[], rows: readonly (readonly string[])[]): string[] {
  const line = (cells: readonly string[]) => `| ${cells.map((cell) => cell.replaceAll('|', '\\|')).join(' | ')} |`;
  return [line(header), line(header.map(() => '---')), ...rows.map(line)];
}
