import { spawnSync } from 'node:child_process';
import { globSync, mkdirSync } from 'node:fs';

/**
 * Runs vitest over the projects of vitest.config.ts that have test files, and leaves the counts in reports/<name>.json for
 * scripts/print-totals.ts. Further command line arguments go to vitest. Returns the exit code.
 */
export function runVitest({
  name,
  projects,
  patterns,
}: {
  name: string;
  projects: readonly string[];
  patterns: readonly string[];
}): number {
  if (globSync(patterns).length === 0) {
    console.log(`${name}: there are no test files (${patterns.join(', ')})`);
    return 0;
  }
  mkdirSync('reports', { recursive: true });
  const args = [
    'run',
    ...projects.map((project) => `--project=${project}`),
    '--reporter=default',
    '--reporter=json',
    `--outputFile.json=reports/${name}.json`,
    ...process.argv.slice(2),
  ];
  return spawnSync('node_modules/.bin/vitest', args, { stdio: ['ignore', 'inherit', 'inherit'] }).status ?? 1;
}
