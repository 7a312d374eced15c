/** The path of an endpoint with its parameters filled in, encoded; `raw` values go in as they stand. What is not known is `unknown`. */
export function fillPath(path: string, values: { readonly [name: string]: string }, raw: { readonly [name: string]: string } = {}): string {
  return path.replaceAll(/:([A-Za-z]+)/g, (_, name: string) => {
    return raw[name] ?? encodeURIComponent(values[name] ?? 'unknown');
  });
}

export function paramNames(path: string): string[] {
  return [...path.matchAll(/:([A-Za-z]+)/g)].map((match) => match[1] ?? '');
}
