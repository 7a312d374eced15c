import { globSync, readFileSync } from 'node:fs';
import { findFloorViolations } from './floors/find-floor-violations.ts';

// The floors rule of docs/architecture.md: prints each violation as `file:line rule: message` and ends with 1 when there is one.
const files = new Map(globSync('src/**/*.ts').map((path) => [path, readFileSync(path, 'utf8')]));
const violations = findFloorViolations(files);
for (const { file, line, rule, message } of violations) console.error(`${file}:${line} ${rule}: ${message}`);
console.log(`floors: ${files.size} files, ${violations.length} violations`);
if (violations.length > 0) process.exitCode = 1;
