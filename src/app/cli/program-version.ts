import { createRequire } from 'node:module';

/** The version in package.json, which lies two folders above both src/app/cli and dist/app/cli's parent. */
export function programVersion(): string {
  const manifest = createRequire(import.meta.url)('../../../package.json') as { version: string };
  return manifest.version;
}
