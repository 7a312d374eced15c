import { stringify } from 'yaml';
import { configSchemaRoot } from './config-schema.ts';
import type { SchemaNode } from './schema-node.ts';

const HEADER = `# Settings of Weft. Every key is optional; what is commented out shows the default, or an example where there is none.
# Each key can also come from the environment: WEFT__FEDERATION__ENABLED=false sets federation.enabled, and a key marked
# (secret) can be read from a file: WEFT__REGISTRATION__SHARED_SECRET_FILE=/run/secrets/registration.
# Check a file with: weft --config FILE config check
`;

const WIDTH = 116;

/** `config.example.yaml`, from the schema. */
export function exampleConfig(): string {
  return `${HEADER}\n${renderSection(configSchemaRoot, 0).join('\n').trimEnd()}\n`;
}

function renderSection(node: SchemaNode, depth: number): string[] {
  return Object.entries(node.properties ?? {}).flatMap(([key, child]) => {
    const pad = '  '.repeat(depth);
    const isSection = child.properties !== undefined;
    const about = comment(`${child.description ?? ''}${child.secret === true ? ' (secret)' : ''}${choices(child)}`, pad);
    const gap = depth === 0 ? [''] : [];
    // A small section inside a section fits on one line.
    if (isSection && child.default !== undefined && depth > 0) return [...about, `${pad}# ${key}: ${flow(child)}`];
    if (isSection && child.default !== undefined) return [...about, `${pad}${key}:`, ...renderSection(child, depth + 1), ...gap];
    if (isSection) return [...about, `${pad}# ${key}:`, ...renderSection(child, depth + 1).map(commentOut), ...gap];
    return [...about, ...assignment(key, child).map((line) => `${pad}# ${line}`), ...gap, ...elements(child, pad)];
  });
}

/** The keys that the elements of a list have. */
function elements(node: SchemaNode, pad: string): string[] {
  const keys = node.items?.properties;
  if (keys === undefined) return [];
  const lines = Object.entries(keys).flatMap(([key, child]) => [
    ...comment(
      `  ${key}: ${child.description ?? ''}${child.default === undefined ? '' : ` Default: ${JSON.stringify(child.default)}.`}`,
      pad,
    ),
    ...Object.entries(child.properties ?? {}).flatMap(([name, inner]) => comment(`    ${name}: ${inner.description ?? ''}`, pad)),
  ]);
  return [`${pad}# Keys of an element:`, ...lines, ''];
}

function assignment(key: string, node: SchemaNode): string[] {
  if (node.default === undefined) return [`${key}:`];
  return stringify({ [key]: node.default }, { lineWidth: WIDTH })
    .trimEnd()
    .split('\n');
}

function flow(section: SchemaNode): string {
  const values = Object.entries(section.properties ?? {}).map(([key, child]) => `${key}: ${JSON.stringify(child.default)}`);
  return `{ ${values.join(', ')} }`;
}

function choices(node: SchemaNode): string {
  const values = node.enum ?? node.items?.enum;
  return values === undefined ? '' : ` One of: ${values.join(', ')}.`;
}

/** Commented lines stay as they are, others become comments. */
function commentOut(line: string): string {
  return /^\s*(#|$)/.test(line) ? line : line.replace(/^(\s*)/, '$1# ');
}

function comment(text: string, pad: string): string[] {
  const lines: string[] = [];
  let line = '';
  const indent = /^ */.exec(text)?.[0] ?? '';
  for (const word of text.trim().split(' ')) {
    if (line !== '' && pad.length + indent.length + line.length + word.length > WIDTH) {
      lines.push(line);
      line = '';
    }
    line += line === '' ? word : ` ${word}`;
  }
  return [...lines, line].map((part) => `${pad}# ${indent}${part}`);
}
