import { silent } from './sdk-silence.ts';
import {
  ClientEvent,
  createClient,
  type ICreateClientOpts,
  type IStartClientOpts,
  type MatrixClient,
  MatrixScheduler,
  PendingEventOrdering,
  SyncState,
} from 'matrix-js-sdk';
import type { CryptoCallbacks } from 'matrix-js-sdk/lib/crypto-api/index.js';
import { until } from './sdk-wait.ts';

/** For all accounts; it is known to the interactive authentication of the harness too. */
export const PASSWORD = 'correct horse battery staple';
/** How soon a message is sent again while the server is away. */
const RESEND_MS = 50;

export interface Session {
  readonly userId: string;
  readonly deviceId: string;
  readonly accessToken: string;
}

export interface SdkDeviceOptions {
  readonly url: string;
  /** Stands between the client and the network. */
  readonly fetch?: typeof globalThis.fetch;
}

export interface SdkStartOptions extends IStartClientOpts {
  readonly crypto?: boolean;
  readonly cryptoCallbacks?: CryptoCallbacks;
}

/** A new account, with its first device. */
export async function registerSession({ url }: SdkDeviceOptions, username: string): Promise<Session> {
  const client = createClient({ baseUrl: url, logger: silent });
  const answer = await client.registerRequest({ username, password: PASSWORD, auth: { type: 'm.login.dummy' } });
  return { userId: answer.user_id, deviceId: given(answer.device_id), accessToken: given(answer.access_token) };
}

/** A further device of an account. */
export async function loginSession({ url }: SdkDeviceOptions, username: string): Promise<Session> {
  const client = createClient({ baseUrl: url, logger: silent });
  const answer = await client.loginRequest({
    type: 'm.login.password',
    identifier: { type: 'm.id.user', user: username },
    password: PASSWORD,
  });
  return { userId: answer.user_id, deviceId: answer.device_id, accessToken: answer.access_token };
}

/**
 * A client of matrix-js-sdk that has done its first sync; it stops when it is disposed. Messages whose answer is lost are sent again
 * with the same transaction id, in order, until the server answers.
 */
export async function startClient(
  { url, fetch }: SdkDeviceOptions,
  session: Session,
  { crypto = false, cryptoCallbacks, ...options }: SdkStartOptions = {},
): Promise<MatrixClient & Disposable> {
  const settings: ICreateClientOpts = {
    baseUrl: url,
    ...session,
    logger: silent,
    scheduler: new MatrixScheduler((_event, attempts, error) => {
      if (error.name !== 'ConnectionError') return -1;
      // The first time at once, before the echo comes by sync, so that the server sees the message twice.
      return attempts === 1 ? 0 : RESEND_MS;
    }),
    timelineSupport: true,
    disableVoip: true,
    ...(fetch === undefined ? {} : { fetchFn: fetch }),
    ...(cryptoCallbacks === undefined ? {} : { cryptoCallbacks }),
  };
  const client = createClient(settings);
  if (crypto) await client.initRustCrypto({ useIndexedDB: false });
  // A lost answer is no reason to wait for seconds: ask again as soon as the SDK notices.
  client.on(ClientEvent.Sync, (state) => {
    if (state === SyncState.Reconnecting) client.retryImmediately();
  });
  await client.startClient({
    initialSyncLimit: 20,
    pendingEventOrdering: PendingEventOrdering.Detached,
    threadSupport: true,
    ...options,
  });
  await until(`the first sync of ${session.userId}`, () => client.isInitialSyncComplete());
  return Object.assign(client, { [Symbol.dispose]: () => client.stopClient() });
}

function given<T>(value: T | undefined): T {
  if (value === undefined) throw new Error('the server left out a key that the specification requires');
  return value;
}
