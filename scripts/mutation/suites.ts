import { format } from 'node:util';

export { expect } from 'vitest';

/** Stands in for `vitest` while mutants run: remembers the tests instead of running them. What the suites do not use is not there. */
export interface Test {
  readonly id: string;
  readonly name: string;
  readonly file: string;
  readonly run: () => unknown;
}

type Body = (...values: never[]) => unknown;

const tests: Test[] = [];
const path: string[] = [];
let currentFile = '';

/** The tests of one file, which is imported only once per process. */
export async function testsOf(file: string, load: () => Promise<unknown>): Promise<readonly Test[]> {
  tests.length = 0;
  currentFile = file;
  await load();
  return [...tests];
}

export const describe = eachable((name, body) => {
  path.push(name);
  body();
  path.pop();
});

export const it = eachable(addTest);
export const test = eachable(addTest);

function addTest(name: string, run: () => unknown): void {
  const title = [...path, name].join(' > ');
  // Rows of a table may share a name: the position tells them apart.
  tests.push({ id: `${currentFile}#${tests.length} ${title}`, name: title, file: currentFile, run });
}

function eachable(add: (name: string, body: () => unknown) => void) {
  return Object.assign((name: string, body: () => unknown) => add(name, body), {
    each: (rows: readonly unknown[]) => (name: string, body: Body) => {
      // A table of arrays spreads each row over the parameters; in a mixed one the row is the value.
      const spread = rows.every((row) => Array.isArray(row));
      for (const row of rows) {
        const values = spread ? (row as unknown[]) : [row];
        add(format(name, ...values), () => body(...(values as never[])));
      }
    },
  });
}
