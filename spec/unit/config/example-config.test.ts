import { readFileSync } from 'node:fs';
import path from 'node:path';
import { expect, test } from 'vitest';
import { exampleConfig } from '../../../src/app/config/example-config.ts';
import { configSchemaRoot } from '../../../src/app/config/config-schema.ts';
import { loadConfig } from '../../../src/app/config/load-config.ts';
import { knownPaths, type SchemaNode } from '../../../src/app/config/schema-node.ts';

const file = path.resolve(import.meta.dirname, '../../../config.example.yaml');

test('config.example.yaml is what `weft config generate` prints', () => {
  expect(readFileSync(file, 'utf8')).toBe(exampleConfig());
});

test('as it stands it means the defaults', () => {
  const load = (files: string[]) => loadConfig({ files, environment: {}, workingFolder: '/' });
  expect(load([file])).toEqual(load([]));
});

test('every key is in it', () => {
  const active = exampleConfig()
    .split('\n')
    .map((line) => line.replace(/^( *)# ( *(?:[a-z0-9_]+:(?: .*)?|- .*))$/, '$1$2'));
  const names = new Set(active.join('\n').match(/[a-z0-9_]+(?=:)/g));
  for (const key of knownPaths(configSchemaRoot)) expect(names).toContain(key.split('.').at(-1));
});

test('every key is documented', () => {
  const undocumented = (node: SchemaNode, at: string): string[] =>
    Object.entries(node.properties ?? node.items?.properties ?? {}).flatMap(([key, child]) => [
      ...(child.description === undefined ? [`${at}${key}`] : []),
      ...undocumented(child, `${at}${key}.`),
    ]);
  expect(undocumented(configSchemaRoot, '')).toEqual([]);
});
