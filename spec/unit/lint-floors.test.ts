import { describe, expect, test } from 'vitest';
import { findFloorViolations } from '../../scripts/floors/find-floor-violations.ts';
import { FLOORS } from '../../scripts/floors/rules.ts';

/** The rules that a tree of files breaks, as `file:line rule`. */
function broken(files: Record<string, string>): string[] {
  return findFloorViolations(new Map(Object.entries(files))).map(({ file, line, rule }) => `${file}:${line} ${rule}`);
}

describe('floor order', () => {
  test.each(FLOORS.slice(0, -1).map((floor, index) => [floor, FLOORS[index + 1]]))('%s may not import %s', (low, high) => {
    const files = { [`src/${low}/a.ts`]: `import { b } from '../${high}/b.ts';`, [`src/${high}/b.ts`]: 'export const b = 1;' };
    expect(broken(files)).toEqual([`src/${low}/a.ts:1 floor-order`]);
  });

  test.each([
    ['a type', "import type { B } from '../rooms/b.ts';"],
    ['an inline type', "import { type B } from '../rooms/b.ts';"],
    ['a re-export', "export { b } from '../rooms/b.ts';"],
    ['a star re-export', "export * from '../rooms/b.ts';"],
    ['a dynamic import', "await import('../rooms/b.ts');"],
    ['an import type', "let b: import('../rooms/b.ts').B;"],
    ['a side effect', "import '../rooms/b.ts';"],
  ])('%s counts', (_kind, text) => {
    expect(broken({ 'src/core/a.ts': `\n${text}` })).toEqual(['src/core/a.ts:2 floor-order']);
  });

  test('the own floor, lower floors and packages may be imported', () => {
    const text = "import './c.ts'; import '../core/d.ts'; import '../platform/e.ts'; import 'node:fs'; import 'ajv';";
    expect(broken({ 'src/rooms/a.ts': text })).toEqual([]);
  });

  test('every file stands on a floor', () => {
    expect(broken({ 'src/helpers/a.ts': "import '../core/b.ts';" })).toEqual(['src/helpers/a.ts:1 unknown-floor']);
    expect(broken({ 'src/rooms/a.ts': "import '../helpers/b.ts';" })).toEqual(['src/rooms/a.ts:1 unknown-floor']);
  });

  test('words in comments and strings are no imports', () => {
    expect(broken({ 'src/core/a.ts': "// import '../app/b.ts';\nexport const text = \"import '../app/b.ts'\";" })).toEqual([]);
  });
});

describe('cycles', () => {
  test('two files', () => {
    const files = { 'src/core/a.ts': "import './b.ts';", 'src/core/b.ts': "\nimport './a.ts';" };
    expect(broken(files)).toEqual(['src/core/b.ts:2 cycle']);
  });

  test('three files in several folders, by types only', () => {
    const files = {
      'src/core/a.ts': "import type { B } from './x/b.ts';",
      'src/core/x/b.ts': "import type { C } from '../y/c.ts';",
      'src/core/y/c.ts': "import type { A } from '../a.ts';",
    };
    expect(broken(files)).toEqual(['src/core/y/c.ts:1 cycle']);
  });

  test('a file that imports itself', () => {
    expect(broken({ 'src/core/a.ts': "import './a.ts';" })).toEqual(['src/core/a.ts:1 cycle']);
  });

  test('a diamond is no cycle', () => {
    const files = {
      'src/core/a.ts': "import './b.ts'; import './c.ts';",
      'src/core/b.ts': "import './d.ts';",
      'src/core/c.ts': "import './d.ts';",
      'src/core/d.ts': '',
    };
    expect(broken(files)).toEqual([]);
  });
});

describe('islands', () => {
  test('a module may not import another module, not even its types', () => {
    const text = "import type { Engine } from '../typing/engine.ts';";
    expect(broken({ 'src/modules/presence/a.ts': text })).toEqual(['src/modules/presence/a.ts:1 island']);
  });

  test('a module may import itself and lower floors', () => {
    const text = "import './b.ts'; import '../presence/c.ts'; import '../../rooms/d.ts';";
    expect(broken({ 'src/modules/presence/a.ts': text })).toEqual([]);
  });
});

describe('SQL stands in storage and in the stores of modules', () => {
  test.each([
    ['the tag sql', 'export const rows = sql`values (1)`;'],
    ['SQL under another tag', 'export const rows = tx` select 1`;'],
    ['SQL under a member tag', 'export const rows = db.read`delete from event`;'],
    ['the driver', "import postgres from 'postgres';"],
    ["the driver's types", "import type { Sql } from 'postgres';"],
    ['drizzle', "import { eq } from 'drizzle-orm';"],
    ['a part of drizzle', "import { drizzle } from 'drizzle-orm/postgres-js';"],
  ])('%s', (_kind, text) => {
    expect(broken({ 'src/rooms/a.ts': text })).toEqual(['src/rooms/a.ts:1 sql']);
    expect(broken({ 'src/modules/push/routes.ts': text })).toEqual(['src/modules/push/routes.ts:1 sql']);
    expect(broken({ 'src/storage/events/reader.ts': text })).toEqual([]);
    expect(broken({ 'src/modules/push/store.ts': text })).toEqual([]);
  });

  test('plug-in contracts may name its types only', () => {
    expect(broken({ 'src/plugin-api/a.ts': "import type { Sql } from 'postgres';" })).toEqual([]);
    expect(broken({ 'src/plugin-api/a.ts': "import postgres from 'postgres';" })).toEqual(['src/plugin-api/a.ts:1 sql']);
  });

  test('other tagged templates are free', () => {
    expect(broken({ 'src/rooms/a.ts': 'export const page = html`<select></select>`;' })).toEqual([]);
  });
});

describe('koa stands in http', () => {
  test.each(["import Koa from 'koa';", "import Router from '@koa/router';", "import compress from 'koa-compress';"])('%s', (text) => {
    expect(broken({ 'src/modules/push/a.ts': text })).toEqual(['src/modules/push/a.ts:1 koa']);
    expect(broken({ 'src/http/a.ts': text })).toEqual([]);
  });
});

describe('the clock, randomness, timers and the environment come in as deps', () => {
  test.each([
    'Date.now();',
    'new Date();',
    'Date();',
    'performance.now();',
    'Math.random();',
    'const random = Math.random; random();',
    'setTimeout(() => {}, 1);',
    'globalThis.setTimeout(() => {}, 1);',
    'setInterval(() => {}, 1);',
    'AbortSignal.timeout(1);',
    'process.env;',
    'process.env.HOME;',
    "process['env'].HOME;",
    "import { setTimeout as wait } from 'node:timers/promises';",
  ])('%s', (text) => {
    expect(broken({ 'src/rooms/a.ts': text })).toEqual(['src/rooms/a.ts:1 ambient']);
    expect(broken({ 'src/platform/a.ts': text })).toEqual([]);
    expect(broken({ 'src/app/a.ts': text })).toEqual([]);
  });

  test('injected ones and conversions are free', () => {
    const text = 'deps.clock.now(); new Date(deps.clock.now()); deps.timers.setTimeout(() => {}, 1); Math.max(1, 2);';
    expect(broken({ 'src/rooms/a.ts': text })).toEqual([]);
  });
});

test('a file that does not parse is an error, not a pass', () => {
  expect(() => broken({ 'src/core/a.ts': 'import {' })).toThrow('src/core/a.ts does not parse');
});
