import { link, mkdir, open, readFile, rm } from 'node:fs/promises';
import { dirname } from 'node:path';
import { ED25519_SEED_BYTES, type SigningKey, signingKeyFromSeed } from '../core/crypto/ed25519.ts';
import { formatSigningKeyFile, parseSigningKeyFile } from '../core/crypto/signing-key-file.ts';
import type { Rng } from '../platform/rng.ts';

/**
 * The server's signing keys; the first signs, the others are published as old ones. Makes the file at the first start,
 * readable by the server only. A file that cannot be read or understood stops the start: with a new key other servers
 * would take this one for an impostor.
 */
export async function loadOrMakeSigningKeys(file: string, rng: Rng): Promise<[SigningKey, ...SigningKey[]]> {
  const text = await readKeyFile(file);
  if (text === null) {
    await makeKeyFile(file, rng);
    return loadOrMakeSigningKeys(file, rng);
  }
  const parsed = parseSigningKeyFile(text);
  if (!parsed.ok) throw new Error(`${file} is not a file of signing keys: ${parsed.reason}`);
  const [first, ...others] = parsed.keys;
  if (first === undefined) throw new Error(`${file} holds no signing key`);
  return [first, ...others];
}

async function readKeyFile(file: string): Promise<string | null> {
  try {
    return await readFile(file, 'utf8');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return null;
    throw new Error(`cannot read the signing keys in ${file}`, { cause: error });
  }
}

/** On disk before it is used, complete before it has its name, and never over a file that another node just made. */
async function makeKeyFile(file: string, rng: Rng): Promise<void> {
  const key = signingKeyFromSeed(rng.bytes(ED25519_SEED_BYTES), `a_${rng.token(4)}`);
  await writeSecretOnce(file, formatSigningKeyFile([key]), rng);
}

/** Makes a file with mode 0600 unless it exists. */
export async function writeSecretOnce(file: string, content: string, rng: Rng): Promise<void> {
  await mkdir(dirname(file), { recursive: true, mode: 0o700 });
  const draft = `${file}.${rng.token(8)}`;
  try {
    const handle = await open(draft, 'wx', 0o600);
    try {
      await handle.writeFile(content);
      await handle.sync();
    } finally {
      await handle.close();
    }
    await link(draft, file).catch((error: NodeJS.ErrnoException) => {
      if (error.code !== 'EEXIST') throw error;
    });
    await syncFolder(dirname(file));
  } finally {
    await rm(draft, { force: true });
  }
}

async function syncFolder(folder: string): Promise<void> {
  const handle = await open(folder, 'r');
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}
