import { spawnSync } from 'node:child_process';
import { globSync } from 'node:fs';

// `npm run bench [-- name…]`: runs every program of spec/bench/ whose name contains one of the words, or all. Each prints its own figures.
const words = process.argv.slice(2);
const programs = globSync('spec/bench/**/*.bench.ts')
  .filter((path) => words.length === 0 || words.some((word) => path.includes(word)))
  .toSorted();
if (programs.length === 0) console.log('bench: no program has that name');
for (const program of programs) {
  console.log(`\n${program}`);
  const { status } = spawnSync(process.execPath, [program], { stdio: 'inherit' });
  if (status !== 0) process.exitCode = 1;
}
