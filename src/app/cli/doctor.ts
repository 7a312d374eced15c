import { access, constants, mkdir, stat } from 'node:fs/promises';
import { systemClock } from '../../platform/clock.ts';
import { HttpClient } from '../../platform/http-client.ts';
import { silentLogger } from '../../platform/logger.ts';
import { awaitDatabase } from '../await-database.ts';
import type { Config } from '../config/load-config.ts';
import { findPostgresBinaries } from '../embedded-postgres/binaries.ts';
import { chooseLauncher } from '../embedded-postgres/launcher.ts';
import { localUrl } from './local-url.ts';
import { programVersion } from './program-version.ts';

/** A finding: `false` is a failure that keeps the server from working, `null` something to know. */
type Finding = { ok: boolean | null; text: string };

/** `weft doctor`: one line per check. True when nothing failed. */
export async function doctor(readConfig: () => Config): Promise<boolean> {
  let good = true;
  const say = ({ ok, text }: Finding): void => {
    if (ok === false) good = false;
    process.stdout.write(`${ok === true ? 'ok  ' : ok === null ? 'note' : 'FAIL'}  ${text}\n`);
  };
  say({ ok: true, text: `weft ${programVersion()}, Node ${process.versions.node}, ${process.platform} ${process.arch}` });
  let config: Config;
  try {
    config = readConfig();
  } catch (error) {
    say({ ok: false, text: messageOf(error) });
    return false;
  }
  say({ ok: true, text: `configuration for ${config.server_name}` });
  for (const check of [checkDataFolder, checkSigningKey, checkDatabase, checkRunning, checkPublicUrl, checkFederation]) {
    try {
      say(await check(config));
    } catch (error) {
      say({ ok: false, text: messageOf(error) });
    }
  }
  return good;
}

async function checkDataFolder(config: Config): Promise<Finding> {
  await mkdir(config.data_dir, { recursive: true, mode: 0o700 });
  await access(config.data_dir, constants.R_OK | constants.W_OK | constants.X_OK);
  return { ok: true, text: `the data folder ${config.data_dir} can be written` };
}

async function checkSigningKey(config: Config): Promise<Finding> {
  const info = await stat(config.signing_key_file).catch(() => null);
  if (info === null) return { ok: null, text: 'there is no signing key yet; the first start makes one' };
  const open = (info.mode & 0o077) !== 0;
  return {
    ok: open ? null : true,
    text: open ? `others can read the signing key: chmod 600 ${config.signing_key_file}` : 'the signing key is there and private',
  };
}

async function checkDatabase(config: Config): Promise<Finding> {
  const { url } = config.database;
  if (url === undefined) {
    const binaries = await findPostgresBinaries(config.data_dir);
    const launcher = await chooseLauncher({ dataDir: config.data_dir, binaries });
    return { ok: true, text: `the embedded PostgreSQL ${binaries.major} runs ${launcher.name}` };
  }
  await awaitDatabase({ url, clock: systemClock, log: silentLogger, waitMsMax: 0 });
  return { ok: true, text: 'the database takes connections' };
}

async function checkRunning(config: Config): Promise<Finding> {
  const base = localUrl(config);
  if (base === null) return { ok: null, text: 'every listener speaks TLS: whether the server runs was not checked' };
  const status = await statusOf(`${base}/health`);
  return {
    ok: status === 200 ? true : null,
    text: status === 200 ? `the server runs at ${base}` : `no server runs at ${base} (${status})`,
  };
}

async function checkPublicUrl(config: Config): Promise<Finding> {
  const status = await statusOf(`${config.public_base_url}/_matrix/client/versions`);
  return {
    ok: status === 200 ? true : null,
    text: `${config.public_base_url} ${status === 200 ? 'answers clients' : `does not answer clients from here (${status})`}`,
  };
}

async function checkFederation(config: Config): Promise<Finding> {
  if (!config.federation.enabled) return { ok: null, text: 'federation is off' };
  const wellKnown = await statusOf(`https://${config.server_name}/.well-known/matrix/server`);
  const direct = await statusOf(
    `https://${/:\d+$/.test(config.server_name) ? config.server_name : `${config.server_name}:8448`}/_matrix/key/v2/server`,
  );
  const reached = wellKnown === 200 || direct === 200;
  return {
    ok: reached ? true : null,
    text: reached
      ? `other servers find ${config.server_name} (${wellKnown === 200 ? 'by .well-known' : 'on its federation port'})`
      : `other servers may not find ${config.server_name}: .well-known/matrix/server: ${wellKnown}; federation port: ${direct}`,
  };
}

/** The status of a GET, or why there was none. */
async function statusOf(url: string): Promise<number | string> {
  await using client = new HttpClient({
    addresses: { allowPrivate: true },
    userAgent: `weft/${programVersion()} doctor`,
    connectTimeoutMs: 5_000,
  });
  try {
    return (await client.request({ method: 'GET', url, timeoutMs: 10_000, redirectsMax: 3 })).status;
  } catch (error) {
    return messageOf(error);
  }
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
