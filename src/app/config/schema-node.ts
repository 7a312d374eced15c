/** The parts of a JSON Schema that the config tools look at. */
export interface SchemaNode {
  type?: string;
  description?: string;
  default?: unknown;
  secret?: boolean;
  enum?: unknown[];
  anyOf?: SchemaNode[];
  properties?: Record<string, SchemaNode>;
  required?: string[];
  items?: SchemaNode;
  patternProperties?: Record<string, SchemaNode>;
}

/** The schema of a child, or null when the key is unknown there. Free-form maps accept every key. */
export function childOf(node: SchemaNode, key: string): SchemaNode | null {
  const own = node.properties !== undefined && Object.hasOwn(node.properties, key) ? node.properties[key] : undefined;
  if (own !== undefined) return own;
  if (node.type === 'array' && /^\d+$/.test(key)) return node.items ?? null;
  const list = node.anyOf?.find((branch) => branch.type === 'array');
  if (list !== undefined) return childOf(list, key);
  if (node.patternProperties !== undefined) return Object.values(node.patternProperties)[0] ?? {};
  // No word about its content: everything goes.
  if (node.type === undefined && node.properties === undefined && node.anyOf === undefined && node.enum === undefined) return {};
  return null;
}

/** All keys with dots, e.g. `federation.enabled`; keys of list elements without the element's number, e.g. `listeners.port`. */
export function knownPaths(node: SchemaNode, prefix = ''): string[] {
  const keys = node.properties ?? node.items?.properties ?? {};
  return Object.entries(keys).flatMap(([key, child]) => [prefix + key, ...knownPaths(child, `${prefix}${key}.`)]);
}
