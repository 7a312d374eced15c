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
  const names = new Set(
    exampleConfig()
      .match(/^ *#? *[a-z0-9_]+(?=:)/gm)
      ?.map((line) => line.replace(/^[ #]+/, '')),
  );
  const inOneLine = new Set(['per_second', 'burst']);
  for (const key of knownPaths(configSchemaRoot)) {
    const name = key.split('.').at(-1) ?? '';
    if (!inOneLine.has(name)) expect(names).toContain(name);
  }
});

test('every key is documented', () => {
  const undocumented = (node: SchemaNode, at: string): string[] =>
    Object.entries(node.properties ?? node.items?.properties ?? {}).flatMap(([key, child]) => [
      ...(child.description === undefined ? [`${at}${key}`] : []),
      ...undocumented(child, `${at}${key}.`),
    ]);
  expect(undocumented(configSchemaRoot, '')).toEqual([]);
});
