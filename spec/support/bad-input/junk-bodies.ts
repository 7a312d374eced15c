import type { TSchema } from 'typebox';
import { isJsonObject, type JsonObject, type JsonValue } from '../../../src/core/json/json-value.ts';

/** Values that hardly any place of a body wants, one of each type among them. */
const JUNK: readonly JsonValue[] = [null, true, -1, 1.5, 1e21, '', 'é'.repeat(300), '\0', [null], {}, { '': [] }];

/** A body and where it went wrong, e.g. `initial_state.0.type = null`. */
export interface JunkBody {
  readonly what: string;
  readonly body: JsonValue;
}

/** The example with every part in turn replaced by every piece of junk, removed, or joined by unknown keys. */
export function* junkBodies(example: JsonObject): Generator<JunkBody> {
  for (const path of pathsOf(example)) {
    for (const junk of JUNK)
      yield { what: `${path.join('.')} = ${JSON.stringify(junk).slice(0, 40)}`, body: replaced(example, path, junk) };
    yield { what: `without ${path.join('.')}`, body: replaced(example, path, undefined) };
  }
  yield { what: '__proto__', body: JSON.parse(`{"__proto__":{"a":1},${JSON.stringify(example).slice(1)}`.replace(',}', '}')) as JsonValue };
}

function pathsOf(value: JsonValue, at: readonly string[] = []): string[][] {
  const own = at.length === 0 ? [] : [[...at]];
  if (typeof value !== 'object' || value === null) return own;
  return [...own, ...Object.entries(value).flatMap(([key, item]) => pathsOf(item as JsonValue, [...at, key]))];
}

function replaced(value: JsonValue, [key, ...rest]: readonly string[], junk: JsonValue | undefined): JsonValue {
  if (key === undefined) return junk ?? null;
  const copy = structuredClone(value) as { [key: string]: JsonValue };
  if (rest.length === 0 && junk === undefined) {
    if (Array.isArray(copy)) copy.splice(Number(key), 1);
    else delete copy[key];
  } else {
    copy[key] = replaced(copy[key] ?? null, rest, junk);
  }
  return copy;
}

interface Node {
  readonly type?: string | readonly string[];
  readonly const?: JsonValue;
  readonly enum?: readonly JsonValue[];
  readonly anyOf?: readonly Node[];
  readonly properties?: { readonly [key: string]: Node };
  readonly patternProperties?: { readonly [pattern: string]: Node };
  readonly additionalProperties?: Node | boolean;
  readonly items?: Node;
  readonly minimum?: number;
  readonly minLength?: number;
}

/** A value that fits a schema, optional properties included, so that there is something in every place to replace. */
export function exampleOf(schema: TSchema): JsonObject {
  const value = example(schema as Node);
  return isJsonObject(value) ? value : {};
}

function example(node: Node): JsonValue {
  if (node.const !== undefined) return node.const;
  if (node.enum !== undefined) return node.enum[0] ?? null;
  if (node.anyOf !== undefined) return example(node.anyOf[0] ?? {});
  switch (typeof node.type === 'string' ? node.type : node.type?.[0]) {
    case 'object': {
      const own = Object.entries(node.properties ?? {}).map(([key, child]): [string, JsonValue] => [key, example(child)]);
      const item = Object.values(node.patternProperties ?? {})[0] ?? node.additionalProperties;
      return Object.fromEntries(typeof item === 'object' ? [...own, ['key', example(item)]] : own);
    }
    case 'array':
      return [example(node.items ?? {})];
    case 'string':
      return 'a'.repeat(Math.max(3, node.minLength ?? 0));
    case 'integer':
    case 'number':
      return node.minimum ?? 1;
    case 'boolean':
      return false;
    default:
      return {};
  }
}
