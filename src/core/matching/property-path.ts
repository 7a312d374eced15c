import { isJsonObject, type JsonObject, type JsonValue } from '../json/json-value.ts';

/** Property names from the outermost to the innermost. */
export type PropertyPath = readonly string[];

/**
 * Splits `content.m\.relates_to` at its unescaped dots. `\.` is a dot and `\\` a backslash inside a name; every other
 * backslash stands for itself.
 * https://spec.matrix.org/v1.19/appendices/#dot-separated-property-paths
 */
export function parsePropertyPath(text: string): PropertyPath {
  const names: string[] = [];
  let name = '';
  for (let at = 0; at < text.length; at += 1) {
    const unit = text[at] ?? '';
    const next = text[at + 1];
    if (unit === '\\' && (next === '.' || next === '\\')) {
      name += next;
      at += 1;
    } else if (unit === '.') {
      names.push(name);
      name = '';
    } else {
      name += unit;
    }
  }
  names.push(name);
  return names;
}

/** The value at a path, `undefined` when it is absent. Arrays are not entered; inherited properties do not exist. */
export function propertyAt(root: JsonObject, path: PropertyPath): JsonValue | undefined {
  let value: JsonValue | undefined = root;
  for (const name of path) {
    if (!isJsonObject(value) || !Object.hasOwn(value, name)) return undefined;
    value = value[name];
  }
  return value;
}
