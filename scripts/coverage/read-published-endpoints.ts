export interface PublishedEndpoint {
  readonly api: string;
  readonly method: string;
  /** With `{name}` for parameters. */
  readonly path: string;
  readonly operationId: string;
  readonly deprecated: boolean;
  readonly summary: string;
}

/** Reads the tab-separated endpoint table: a header line with column names, then one line per operation. */
export function readPublishedEndpoints(text: string): PublishedEndpoint[] {
  const [header = '', ...lines] = text.split('\n').filter((line) => line.trim() !== '');
  const columns = header.split('\t').map((name) => name.trim());
  for (const name of ['api', 'method', 'path', 'operationId']) {
    if (!columns.includes(name)) throw new Error(`the endpoint table has no column ${name}`);
  }
  return lines.map((line) => {
    const cells = line.split('\t');
    const cell = (name: string) => cells[columns.indexOf(name)]?.trim() ?? '';
    return {
      api: cell('api'),
      method: cell('method').toUpperCase(),
      path: cell('path'),
      operationId: cell('operationId'),
      deprecated: cell('deprecated') !== '',
      summary: cell('summary'),
    };
  });
}
