import { readFileSync } from 'node:fs';
import { parse } from 'yaml';
import type { ConfigTree } from './config-tree.ts';
import { childOf, type SchemaNode } from './schema-node.ts';

const PREFIX = 'WEFT__';

/**
 * Settings from variables such as `WEFT__FEDERATION__ENABLED=false`. Numbers and flags are read as YAML; a list is YAML or has
 * commas between its elements; `WEFT__LISTENERS__0__PORT` reaches into a list. `WEFT__REGISTRATION__SHARED_SECRET_FILE` names a file
 * that holds the value.
 */
export function addEnvironment(tree: ConfigTree, environment: Readonly<Record<string, string | undefined>>): void {
  const names = Object.keys(environment).filter((name) => name.startsWith(PREFIX));
  for (const name of names.sort()) {
    const raw = environment[name] ?? '';
    const path = name.slice(PREFIX.length).toLowerCase().split('__');
    const node = lookUp(tree.root, path);
    const fromFile = node === null ? secretOfFileVariable(tree.root, path) : null;
    if (fromFile !== null) addFromFile(tree, name, fromFile, raw);
    else tree.set(path, node === null ? raw : parseValue(node, raw, name, tree), name);
  }
}

function lookUp(root: SchemaNode, path: readonly string[]): SchemaNode | null {
  let node: SchemaNode | null = root;
  for (const key of path) node = node === null ? null : childOf(node, key);
  return node;
}

function secretOfFileVariable(root: SchemaNode, path: readonly string[]): { path: string[]; node: SchemaNode } | null {
  const last = path.at(-1) ?? '';
  if (!last.endsWith('_file')) return null;
  const target = [...path.slice(0, -1), last.slice(0, -'_file'.length)];
  const node = lookUp(root, target);
  return node?.secret === true ? { path: target, node } : null;
}

function addFromFile(tree: ConfigTree, name: string, target: { path: string[]; node: SchemaNode }, file: string): void {
  try {
    const content = readFileSync(file, 'utf8').trim();
    const value = target.node.type === 'array' ? content.split(/\s+/).filter((part) => part !== '') : content;
    tree.set(target.path, value, `${name} (${file})`);
  } catch (error) {
    tree.problems.push(`${name}: cannot read ${file}: ${error instanceof Error ? error.message : String(error)}`);
  }
}

function parseValue(node: SchemaNode, raw: string, name: string, tree: ConfigTree): unknown {
  const isText = node.type === 'string' || node.enum?.every((value) => typeof value === 'string') === true;
  if (isText) return raw;
  const isList = node.type === 'array' || node.anyOf?.some((branch) => branch.type === 'array') === true;
  if (isList && !/^\s*\[/.test(raw)) {
    const parts = raw.split(',').map((part) => part.trim());
    return parts.filter((part) => part !== '');
  }
  try {
    return parse(raw) as unknown;
  } catch (error) {
    tree.problems.push(`${name}: ${error instanceof Error ? error.message : String(error)}`);
    return undefined;
  }
}
