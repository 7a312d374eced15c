import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { loadConfig } from '../../src/app/config/load-config.ts';
import { createNode } from '../../src/app/context.ts';
import { loadOrMakeSigningKeys } from '../../src/app/signing-key-store.ts';
import { type Clock, systemClock } from '../../src/platform/clock.ts';
import { createLogger } from '../../src/platform/logger.ts';
import { systemRng } from '../../src/platform/rng.ts';
import { tracingOff } from '../../src/platform/tracing.ts';
import { ApiClient } from './api-client.ts';
import { type TestDatabase, testDatabase } from './database.ts';

export interface TestServerOptions {
  /** Keys of the configuration, as in the YAML file; they replace the defaults below, section by section. */
  readonly config?: { readonly [section: string]: unknown };
  /** A database that the caller made and disposes: for a second start on the same data. Default: one of its own. */
  readonly database?: TestDatabase;
  /** Folder with the signing key of an earlier start. Default: a fresh one, removed at the end. */
  readonly dataDir?: string;
  readonly clock?: Clock;
}

/** Open registration and no rate limits, on a free port of this machine. */
const DEFAULTS = {
  server_name: 'weft.test',
  registration: { enabled: true },
  rate_limits: { enabled: false },
  metrics: { enabled: false },
  log: { level: 'error' },
  federation: { enabled: false },
  listeners: [{ port: 0, bind: '127.0.0.1', serve: ['client', 'federation', 'media', 'admin', 'metrics'] }],
};

export interface TestServer extends AsyncDisposable {
  readonly serverName: string;
  /** `http://127.0.0.1:<port>` */
  readonly url: string;
  readonly database: TestDatabase;
  readonly dataDir: string;
  /** Calls without an access token. */
  readonly anonymous: ApiClient;
  /** A new account, logged in. The name is a localpart. */
  register(name: string, options?: { readonly deviceId?: string }): Promise<ApiClient>;
  /** A further device of an account that `register` made. */
  login(name: string, options?: { readonly deviceId?: string }): Promise<ApiClient>;
  /** A guest account; needs `registration.guests`. */
  guest(): Promise<ApiClient>;
}

const PASSWORD = 'correct horse battery staple';

/** A whole server in this process, put together as in production, with its own database: `await using server = await startServer()`. */
export async function startServer(options: TestServerOptions = {}): Promise<TestServer> {
  await using cleanUp = new AsyncDisposableStack();
  const database = options.database ?? cleanUp.use(await testDatabase());
  const folder = await mkdtemp(path.join(tmpdir(), 'weft-test-'));
  cleanUp.defer(() => rm(folder, { recursive: true, force: true }));
  const dataDir = options.dataDir ?? folder;
  const file = path.join(folder, 'config.yaml');
  await writeFile(file, JSON.stringify({ ...DEFAULTS, data_dir: dataDir, ...options.config }));
  const config = loadConfig({ files: [file], environment: {}, workingFolder: folder });
  const [signingKey, ...oldSigningKeys] = await loadOrMakeSigningKeys(config.signing_key_file, systemRng);
  const node = cleanUp.use(
    await createNode({
      config,
      database: { ...database.options, maxConnections: 4 },
      log: createLogger({ level: config.log.level, format: 'json' }),
      clock: options.clock ?? systemClock,
      rng: systemRng,
      tracing: tracingOff,
      signingKey,
      oldSigningKeys,
    }),
  );
  const [url = ''] = (await node.listen()).urls;
  const anonymous = new ApiClient({ url, token: null, userId: '', deviceId: '' });
  const signedIn = async (method: string, at: string, body: object): Promise<ApiClient> => {
    const answer = await anonymous.api(method, at, body);
    if (answer.status !== 200) throw new Error(`${at}: ${answer.status} ${JSON.stringify(answer.body)}`);
    const { user_id: userId, access_token: token, device_id: deviceId } = answer.body;
    return new ApiClient({ url, token: String(token), userId: String(userId), deviceId: String(deviceId) });
  };
  const device = (id: string | undefined) => (id === undefined ? {} : { device_id: id });
  const running = cleanUp.move();
  return {
    serverName: config.server_name,
    url,
    database,
    dataDir,
    anonymous,
    register: (name, { deviceId } = {}) =>
      signedIn('POST', '/register', { username: name, password: PASSWORD, auth: { type: 'm.login.dummy' }, ...device(deviceId) }),
    login: (name, { deviceId } = {}) =>
      signedIn('POST', '/login', {
        type: 'm.login.password',
        identifier: { type: 'm.id.user', user: name },
        password: PASSWORD,
        ...device(deviceId),
      }),
    guest: () => signedIn('POST', '/register?kind=guest', {}),
    [Symbol.asyncDispose]: () => running.disposeAsync(),
  };
}
