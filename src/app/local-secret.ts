import { readFile } from 'node:fs/promises';
import path from 'node:path';
import type { Rng } from '../platform/rng.ts';
import type { Config } from './config/load-config.ts';
import { writeSecretOnce } from './signing-key-store.ts';

/**
 * The shared secret of `weft user create`: the one in the config, or else one that the node keeps in its data folder, which
 * only the server's own user can read.
 */
export async function registrationSecret(config: Config, rng: Rng): Promise<string> {
  const configured = config.registration.shared_secret;
  if (configured !== undefined) return configured;
  const file = secretFile(config);
  await writeSecretOnce(file, `${rng.token(43)}\n`, rng);
  return (await readFile(file, 'utf8')).trim();
}

/** The same, for another process: null when the node has never run. */
export async function readRegistrationSecret(config: Config): Promise<string | null> {
  if (config.registration.shared_secret !== undefined) return config.registration.shared_secret;
  const content = await readFile(secretFile(config), 'utf8').catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return null;
    throw error;
  });
  return content?.trim() ?? null;
}

function secretFile(config: Config): string {
  return path.join(config.data_dir, 'registration.secret');
}
