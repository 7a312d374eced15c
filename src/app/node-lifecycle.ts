import { mkdir } from 'node:fs/promises';
import type { SigningKey } from '../core/crypto/ed25519.ts';
import type { Clock } from '../platform/clock.ts';
import { Disposables } from '../platform/disposables.ts';
import type { Logger } from '../platform/logger.ts';
import type { Rng } from '../platform/rng.ts';
import { startTracing, tracingOff, type Tracing } from '../platform/tracing.ts';
import type { DatabaseOptions } from '../storage/database.ts';
import { awaitDatabase } from './await-database.ts';
import type { Config } from './config/load-config.ts';
import { lockDataDir } from './data-dir-lock.ts';
import { startEmbeddedPostgres } from './embedded-postgres/start-embedded-postgres.ts';
import { registrationSecret } from './local-secret.ts';
import { loadOrMakeSigningKeys } from './signing-key-store.ts';

/** What the composition root is given. */
export interface NodeOptions {
  config: Config;
  database: DatabaseOptions;
  log: Logger;
  clock: Clock;
  rng: Rng;
  tracing: Tracing;
  /** Signs. */
  signingKey: SigningKey;
  /** Further keys of the key file: no longer used, still published. */
  oldSigningKeys: readonly SigningKey[];
}

/** The server itself, as the composition root hands it over. Disposing drains it: no new requests, those under way get their answer. */
export interface ServingNode extends AsyncDisposable {
  /** Resolves when it can never serve again, with the reason. */
  readonly failed?: Promise<string>;
  listen(): Promise<{ urls: string[] }>;
}

export type CreateNode = (options: NodeOptions) => Promise<ServingNode>;

export interface RunningNode extends AsyncDisposable {
  urls: string[];
  /** Resolves when the node cannot go on, with the reason. */
  failed: Promise<string>;
}

/** Longer than the database's own limit for a clean shutdown. */
const DATABASE_STOP_MS_MAX = 60_000;

/**
 * Starts everything in order: folder, keys, database, server; a failure stops what has been started. Disposing the
 * result stops in reverse order, the database last.
 */
export async function startNode(options: {
  config: Config;
  log: Logger;
  clock: Clock;
  rng: Rng;
  createNode: CreateNode;
}): Promise<RunningNode> {
  const { config, log, clock, rng, createNode } = options;
  const parts = new Disposables({ clock, log });
  try {
    await mkdir(config.data_dir, { recursive: true, mode: 0o700 });
    const tracing = config.tracing.enabled ? parts.use('tracing', await startTracing(tracingOptions(config))) : tracingOff;
    // With a database elsewhere too: a folder's name and secrets belong to one node.
    parts.use('data folder lock', await lockDataDir(config.data_dir));
    const database = await openDatabaseServer({ config, log, clock, parts });
    const [signingKey, ...oldSigningKeys] = await loadOrMakeSigningKeys(config.signing_key_file, rng);
    const registration = { ...config.registration, shared_secret: await registrationSecret(config, rng) };
    const node = await createNode({
      config: { ...config, registration },
      database: database.options,
      log,
      clock,
      rng,
      tracing,
      signingKey,
      oldSigningKeys,
    });
    parts.use('server', node);
    const { urls } = await node.listen();
    const failed = Promise.race([database.failed, ...(node.failed === undefined ? [] : [node.failed])]);
    return { urls, failed, [Symbol.asyncDispose]: () => parts[Symbol.asyncDispose]() };
  } catch (error) {
    await parts[Symbol.asyncDispose]();
    throw error;
  }
}

/** The configured database, or one of our own. */
async function openDatabaseServer({
  config,
  log,
  clock,
  parts,
}: {
  config: Config;
  log: Logger;
  clock: Clock;
  parts: Disposables;
}): Promise<{ options: DatabaseOptions; failed: Promise<string> }> {
  const maxConnections = config.database.max_connections;
  const { url } = config.database;
  if (url !== undefined) {
    await awaitDatabase({ url, clock, log });
    return { options: { url, maxConnections }, failed: new Promise(() => undefined) };
  }
  const server = await startEmbeddedPostgres({ dataDir: config.data_dir, log });
  parts.defer('embedded database', server.stop, DATABASE_STOP_MS_MAX);
  return { options: { ...server.connection, maxConnections }, failed: server.died };
}

function tracingOptions(config: Config) {
  return { endpoint: config.tracing.endpoint, sampleRatio: config.tracing.sample_ratio, serviceName: `weft ${config.server_name}` };
}
