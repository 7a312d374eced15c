import { parseSync } from 'oxc-parser';

interface Use {
  readonly line: number;
  /** `Date.now`, `new Date`, `setTimeout`, … without a leading `globalThis.`. */
  readonly name: string;
}

export interface Import {
  readonly line: number;
  readonly specifier: string;
  readonly typeOnly: boolean;
}

interface Template {
  readonly line: number;
  readonly tag: string;
  readonly text: string;
}

export interface Source {
  readonly imports: readonly Import[];
  readonly uses: readonly Use[];
  readonly templates: readonly Template[];
}

type Node = { readonly type: string; readonly start: number } & Readonly<Record<string, unknown>>;

/**
 * What the floors rule needs to know of a file. A name that is declared in the file (a parameter called `setTimeout`) counts as a
 * use of the global one: call it something else. A global that is reached through a variable is not seen.
 */
export function readSource(path: string, text: string): Source {
  const { program, errors } = parseSync(path, text);
  if (errors[0] !== undefined) throw new Error(`${path} does not parse: ${errors[0].message}`);
  const lineOf = lineFinder(text);
  const imports: Import[] = [];
  const uses: Use[] = [];
  const templates: Template[] = [];

  visit(program, (node) => {
    const line = lineOf(node.start);
    const specifier = importedSpecifier(node);
    if (specifier !== null) imports.push({ line, specifier, typeOnly: isTypeOnly(node) });
    const name = usedGlobal(node);
    if (name !== null) uses.push({ line, name });
    if (node.type === 'TaggedTemplateExpression') {
      templates.push({ line, tag: calleeName(node['tag']), text: firstText(node['quasi']) });
    }
  });
  return { imports, uses, templates };
}

function importedSpecifier(node: Node): string | null {
  switch (node.type) {
    case 'ImportDeclaration':
    case 'ExportNamedDeclaration':
    case 'ExportAllDeclaration':
    case 'ImportExpression':
    case 'TSImportType':
      return stringValue(node['source']);
    case 'CallExpression':
      return calleeName(node['callee']) === 'require' && Array.isArray(node['arguments']) ? stringValue(node['arguments'][0]) : null;
    default:
      return null;
  }
}

function isTypeOnly(node: Node): boolean {
  if (node.type === 'TSImportType' || node['importKind'] === 'type' || node['exportKind'] === 'type') return true;
  const specifiers = node['specifiers'];
  if (!Array.isArray(specifiers) || specifiers.length === 0) return false;
  return specifiers.every((each) => isNode(each) && (each['importKind'] === 'type' || each['exportKind'] === 'type'));
}

function usedGlobal(node: Node): string | null {
  switch (node.type) {
    // `new Date(ms)` only converts; without arguments it reads the clock.
    case 'NewExpression':
      return Array.isArray(node['arguments']) && node['arguments'].length === 0 ? `new ${calleeName(node['callee'])}` : null;
    // A call of a member is seen as the member.
    case 'CallExpression':
      return isNode(node['callee']) && node['callee'].type === 'Identifier' ? calleeName(node['callee']) : null;
    case 'MemberExpression':
      return calleeName(node);
    default:
      return null;
  }
}

/** `a.b` or `a` as text, or an empty string for anything else. */
function calleeName(node: unknown): string {
  if (!isNode(node)) return '';
  if (node.type === 'Identifier') return String(node['name']);
  if (node.type !== 'MemberExpression') return '';
  const object = calleeName(node['object']);
  const property = node['computed'] === true ? stringValue(node['property']) : calleeName(node['property']);
  if (object === '' || property === null || property === '') return '';
  return object === 'globalThis' || object === 'global' ? property : `${object}.${property}`;
}

function stringValue(node: unknown): string | null {
  return isNode(node) && node.type === 'Literal' && typeof node['value'] === 'string' ? node['value'] : null;
}

function firstText(quasi: unknown): string {
  const first = isNode(quasi) && Array.isArray(quasi['quasis']) ? quasi['quasis'][0] : undefined;
  const value: unknown = isNode(first) ? first['value'] : undefined;
  return typeof value === 'object' && value !== null && 'raw' in value ? String(value.raw) : '';
}

function visit(value: unknown, onNode: (node: Node) => void): void {
  if (Array.isArray(value)) {
    for (const each of value) visit(each, onNode);
  } else if (typeof value === 'object' && value !== null) {
    if (isNode(value)) onNode(value);
    for (const each of Object.values(value)) visit(each, onNode);
  }
}

function isNode(value: unknown): value is Node {
  return typeof value === 'object' && value !== null && 'type' in value && typeof value.type === 'string' && 'start' in value;
}

function lineFinder(text: string): (offset: number) => number {
  const starts = [0, ...Array.from(text.matchAll(/\n/g), ({ index }) => index + 1)];
  return (offset) => {
    let [low, high] = [0, starts.length];
    while (high - low > 1) {
      const middle = (low + high) >> 1;
      if ((starts[middle] ?? 0) <= offset) low = middle;
      else high = middle;
    }
    return low + 1;
  };
}
