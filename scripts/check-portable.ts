import { execFileSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { findMachineNames } from './portable/find-machine-names.ts';

// No committed file names a path of one machine, and no package comes from an unusual host. Container recipes and the licence's text
// name folders of their own.
const EXEMPT = /^(LICENSE|.*Dockerfile|federation-tests\/complement\/.*|spec\/unit\/lint-portable\.test\.ts)$/;
const BINARY = /\.(png|jpe?g|gif|webp|ico|gz|zip|wasm|woff2?)$/;

const paths = execFileSync('git', ['ls-files', '-z'], { encoding: 'utf8' }).split('\0');
const files = paths.filter((path) => path !== '' && !EXEMPT.test(path) && !BINARY.test(path) && existsSync(path));
const found = files.flatMap((path) => findMachineNames(path, readFileSync(path, 'utf8')));
for (const { file, line, message } of found) console.error(`${file}:${line} portable: ${message}`);
console.log(`portable: ${files.length} files, ${found.length} violations`);
if (found.length > 0) process.exitCode = 1;
