#!/usr/bin/env node
// Plain JavaScript for any Node: runs the program in this process when this Node is new enough, and else with the Node that
// comes as a dependency.
import { spawn } from 'node:child_process';
import { createRequire } from 'node:module';
import path from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';

/** The first version with explicit resource management (`using`). */
const NODE_MAJOR_MIN = 24;
const PARENT_CHECK_MS = 500;

const main = path.join(path.dirname(path.dirname(fileURLToPath(import.meta.url))), 'src/app/main.ts');

// The shell that `npx` puts around a program does not pass a SIGTERM on: it ends, and its going is the signal.
if (process.env.npm_command === 'exec') {
  const parent = process.ppid;
  const watch = setInterval(() => {
    if (process.ppid === parent) return;
    clearInterval(watch);
    process.kill(process.pid, 'SIGTERM');
  }, PARENT_CHECK_MS);
  watch.unref();
}

if (Number(process.versions.node.split('.')[0]) >= NODE_MAJOR_MIN) {
  await import(pathToFileURL(main).href);
} else {
  const node = path.join(path.dirname(createRequire(import.meta.url).resolve('node/package.json')), 'bin', 'node');
  const child = spawn(node, [main, ...process.argv.slice(2)], { stdio: 'inherit' });
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.on(signal, () => child.kill(signal));
  child.on('error', (error) => {
    console.error(`weft needs Node ${NODE_MAJOR_MIN} or newer: ${error.message}`);
    process.exit(1);
  });
  child.on('exit', (code, signal) => {
    process.exit(code ?? (signal === 'SIGINT' ? 130 : 1));
  });
}
