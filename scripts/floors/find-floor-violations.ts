import { posix } from 'node:path';
import { findCycles } from './find-cycles.ts';
import { type Import, readSource, type Source } from './read-source.ts';
import { FLOORS, PLACE_RULES, type PlaceRule, type RuleName } from './rules.ts';

export interface Violation {
  readonly file: string;
  readonly line: number;
  readonly rule: RuleName;
  readonly message: string;
}

const MODULE_FOLDER = /^src\/modules\/([^/]+)\//;

/** Checks the text of every file of src/, by its path from the top of the repository. */
export function findFloorViolations(files: ReadonlyMap<string, string>): Violation[] {
  const violations: Violation[] = [];
  const graph = new Map<string, { target: string; line: number }[]>();
  for (const [file, text] of files) {
    const source = readSource(file, text);
    const edges = source.imports.flatMap((each) => {
      const target = resolveImport(file, each.specifier);
      return target === null ? [] : [{ ...each, target }];
    });
    graph.set(file, edges);
    violations.push(...edges.flatMap((edge) => checkEdge(file, edge)), ...checkPlaces(file, source));
  }
  for (const { from, line, path } of findCycles(graph)) {
    violations.push({ file: from, line, rule: 'cycle', message: `files import each other: ${path.join(' -> ')}` });
  }
  return violations;
}

/** The path from the top of the repository, or null for a package. */
function resolveImport(file: string, specifier: string): string | null {
  return specifier.startsWith('.') ? posix.join(posix.dirname(file), specifier) : null;
}

function checkEdge(file: string, { target, line }: { target: string; line: number }): Violation[] {
  const [from, to] = [floorOf(file), floorOf(target)];
  if (from === -1) return [{ file, line, rule: 'unknown-floor', message: `${file} stands on no floor (${FLOORS.join(', ')})` }];
  // package.json and other files beside src/ are data.
  if (!target.startsWith('src/')) return [];
  if (to === -1) return [{ file, line, rule: 'unknown-floor', message: `${target} stands on no floor (${FLOORS.join(', ')})` }];
  if (to > from) return [{ file, line, rule: 'floor-order', message: `${FLOORS[from]} may not import ${FLOORS[to]} (${target})` }];
  const [own, other] = [MODULE_FOLDER.exec(file)?.[1], MODULE_FOLDER.exec(target)?.[1]];
  if (own !== undefined && other !== undefined && own !== other) {
    return [{ file, line, rule: 'island', message: `module ${own} may not import module ${other}: use a slot, a hook or a stream` }];
  }
  return [];
}

function floorOf(path: string): number {
  return FLOORS.findIndex((floor) => path.startsWith(`src/${floor}/`));
}

function checkPlaces(file: string, source: Source): Violation[] {
  const path = file.replace(/^src\//, '');
  return PLACE_RULES.flatMap((place) => {
    if (place.allowedIn.some((pattern) => pattern.test(path))) return [];
    const typesAllowed = place.typesAllowedIn?.some((pattern) => pattern.test(path)) ?? false;
    const found = [
      ...source.imports
        .filter((each) => isPlaced(place, each, typesAllowed))
        .map(({ line, specifier }) => ({ line, what: `import of ${specifier}` })),
      ...source.uses.filter(({ name }) => place.globals?.includes(name)).map(({ line, name }) => ({ line, what: name })),
      ...source.templates
        .filter(({ tag, text }) => place.templates?.tag.test(tag) || place.templates?.text.test(text))
        .map(({ line, tag }) => ({ line, what: `${tag}\`…\`` })),
    ];
    return found.map(({ line, what }) => ({
      file,
      line,
      rule: place.rule,
      message: `${what}: ${place.what} belongs in ${placesOf(place)}`,
    }));
  });
}

function isPlaced(place: PlaceRule, { specifier, typeOnly }: Import, typesAllowed: boolean): boolean {
  return (place.packages?.test(specifier) ?? false) && !(typeOnly && typesAllowed);
}

function placesOf(place: PlaceRule): string {
  return place.allowedIn.map((pattern) => pattern.source.replaceAll(/[\^$\\]/g, '')).join(' or ');
}
