import { nearestKey } from './nearest-key.ts';
import { childOf, type SchemaNode } from './schema-node.ts';

type Tree = Record<string, unknown>;

/**
 * Settings from several sources, later ones on top: sections are merged key by key, lists and values are replaced. Remembers
 * where each value came from, for messages, and collects unknown keys as problems.
 */
export class ConfigTree {
  readonly root: SchemaNode;
  readonly value: Tree = {};
  readonly problems: string[] = [];
  readonly #origins = new Map<string, string>();

  constructor(root: SchemaNode) {
    this.root = root;
  }

  /** Adds a whole document; `where` gives the place of a path in it. */
  addDocument(document: unknown, where: (path: readonly string[]) => string): void {
    if (document === null || document === undefined) return;
    if (!isTree(document)) this.problems.push(`${where([])}: the file must hold keys and values`);
    else this.#merge({ into: this.value, from: document, node: this.root, path: [], where });
  }

  /** Sets one value, making the sections above it. */
  set(path: readonly string[], value: unknown, where: string): void {
    if (this.#unknown(path, where)) return;
    let at: Tree = this.value;
    for (const [i, key] of path.slice(0, -1).entries()) {
      const wantsList = /^\d+$/.test(path[i + 1] ?? '');
      at[key] ??= wantsList ? [] : {};
      at = at[key] as Tree;
      if (typeof at !== 'object' || at === null) {
        this.problems.push(`${where}: ${path.slice(0, i + 1).join('.')} is not a section here`);
        return;
      }
    }
    at[path.at(-1) ?? ''] = value;
    this.#origins.set(path.join('.'), where);
  }

  /** Where a value (or the nearest thing above it) was set; null for a default. */
  originOf(path: readonly string[]): string | null {
    for (let length = path.length; length > 0; length--) {
      const origin = this.#origins.get(path.slice(0, length).join('.'));
      if (origin !== undefined) return origin;
    }
    return null;
  }

  #merge({
    into,
    from,
    node,
    path,
    where,
  }: {
    into: Tree;
    from: Tree;
    node: SchemaNode;
    path: string[];
    where: (path: readonly string[]) => string;
  }): void {
    for (const [key, value] of Object.entries(from)) {
      const here = [...path, key];
      if (this.#unknown(here, where(here))) continue;
      const child = childOf(node, key) ?? {};
      this.#origins.set(here.join('.'), where(here));
      if (isTree(value) && child.properties !== undefined) {
        const target = isTree(into[key]) ? into[key] : {};
        into[key] = target;
        this.#merge({ into: target, from: value, node: child, path: here, where });
      } else if (value === null && child.properties !== undefined) {
        // A section whose keys are all commented out.
        into[key] ??= {};
      } else {
        if (Array.isArray(value)) this.#checkElements(value, child, here, where);
        into[key] = value;
      }
    }
  }

  #checkElements(list: unknown[], node: SchemaNode, path: string[], where: (path: readonly string[]) => string): void {
    for (const [i, element] of list.entries()) {
      const here = [...path, String(i)];
      this.#origins.set(here.join('.'), where(here));
      if (isTree(element)) this.#merge({ into: {}, from: element, node: childOf(node, String(i)) ?? {}, path: here, where });
    }
  }

  #unknown(path: readonly string[], where: string): boolean {
    let node: SchemaNode | null = this.root;
    for (const key of path) node = node === null ? null : childOf(node, key);
    if (node !== null) return false;
    const nearest = nearestKey(
      this.root,
      path.filter((key) => !/^\d+$/.test(key)),
    );
    this.problems.push(`${where}: unknown key ${path.join('.')}${nearest === null ? '' : `; did you mean ${nearest}?`}`);
    return true;
  }
}

function isTree(value: unknown): value is Tree {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
