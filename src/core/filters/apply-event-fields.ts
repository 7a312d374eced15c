import { isJsonObject, type JsonObject, type JsonValue } from '../json/json-value.ts';
import { parsePropertyPath } from '../matching/property-path.ts';

/** Copies the wanted parts of an event; the event itself stays as it is. */
export type EventProjection = (event: JsonObject) => JsonObject;

/**
 * `event_fields` of a filter: keeps the properties named by dot-separated paths, with everything below them. Paths that lead nowhere
 * add nothing; without a list the whole event stays.
 * https://spec.matrix.org/v1.19/client-server-api/#post_matrixclientv3useruseridfilter
 */
export function applyEventFields(event: JsonObject, fields: readonly string[] | undefined): JsonObject {
  return compileEventFields(fields)(event);
}

/** The same for many events: the paths are parsed once. */
export function compileEventFields(fields: readonly string[] | undefined): EventProjection {
  if (fields === undefined) return (event) => event;
  const wanted: WantedNode = { whole: false, below: new Map() };
  for (const field of fields) addPath(wanted, parsePropertyPath(field));
  return (event) => project(event, wanted) ?? {};
}

interface WantedNode {
  whole: boolean;
  readonly below: Map<string, WantedNode>;
}

function addPath(root: WantedNode, path: readonly string[]): void {
  let node = root;
  for (const name of path) {
    let child = node.below.get(name);
    if (child === undefined) {
      child = { whole: false, below: new Map() };
      node.below.set(name, child);
    }
    node = child;
  }
  node.whole = true;
}

/** `undefined` when nothing wanted is there. */
function project(value: JsonObject, wanted: WantedNode): JsonObject | undefined {
  const entries: [string, JsonValue][] = [];
  for (const [name, node] of wanted.below) {
    const child = Object.hasOwn(value, name) ? value[name] : undefined;
    if (child === undefined) continue;
    if (node.whole) entries.push([name, child]);
    else if (isJsonObject(child)) {
      const part = project(child, node);
      if (part !== undefined) entries.push([name, part]);
    }
  }
  // Object.fromEntries defines properties, so that a property called `__proto__` stays a property.
  return entries.length === 0 ? undefined : Object.fromEntries(entries);
}
