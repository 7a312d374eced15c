import { type MatrixClient, Method } from 'matrix-js-sdk';
import {
  CryptoEvent,
  type CryptoApi,
  type CryptoCallbacks,
  type ShowSasCallbacks,
  VerificationPhase,
  type VerificationRequest,
  type Verifier,
} from 'matrix-js-sdk/lib/crypto-api/index.js';
import { PASSWORD } from './sdk-client.ts';
import { until } from './sdk-wait.ts';

/** What a person keeps in a safe: the key of their secret storage. All devices of the person read it from here. */
export class Safe {
  #key: Uint8Array<ArrayBuffer> | null = null;

  readonly callbacks: CryptoCallbacks = {
    getSecretStorageKey: async ({ keys }) => {
      const [keyId] = Object.keys(keys);
      return keyId === undefined || this.#key === null ? null : [keyId, this.#key];
    },
    cacheSecretStorageKey: (_keyId, _info, key) => {
      this.#key = key as Uint8Array<ArrayBuffer>;
    },
  };
}

export function cryptoOf(client: MatrixClient): CryptoApi {
  const crypto = client.getCrypto();
  if (crypto === undefined) throw new Error('the client was started without crypto');
  return crypto;
}

/** Cross-signing keys, secret storage and a key backup, as a client makes them for a new account. */
export async function bootstrap(client: MatrixClient): Promise<void> {
  const crypto = cryptoOf(client);
  await crypto.bootstrapCrossSigning({
    authUploadDeviceSigningKeys: async (upload) => {
      try {
        await upload(null);
      } catch (error) {
        const { session } = (error as { data: { session?: string } }).data;
        const identifier = { type: 'm.id.user', user: client.getSafeUserId() };
        await upload({ type: 'm.login.password', identifier, password: PASSWORD, ...(session === undefined ? {} : { session }) });
      }
    },
  });
  await crypto.bootstrapSecretStorage({
    createSecretStorageKey: () => crypto.createRecoveryKeyFromPassphrase(),
    setupNewSecretStorage: true,
    setupNewKeyBackup: true,
  });
  await until('cross-signing and secret storage are ready', async () => {
    return (await crypto.isCrossSigningReady()) && (await crypto.isSecretStorageReady());
  });
}

/** How many keys the server has in the backup that is current now. */
export async function backedUpKeys(client: MatrixClient): Promise<number> {
  const { count } = await client.http.authedRequest<{ count: number }>(Method.Get, '/room_keys/version');
  return count;
}

/**
 * Waits until every client knows the keys of every other. A client drops what comes from a device that it does not know yet, and does not
 * share the keys of its messages with it.
 */
export async function acquaint(clients: readonly MatrixClient[]): Promise<void> {
  for (const client of clients) {
    for (const other of clients) {
      const userId = other.getSafeUserId();
      await until(`${client.getDeviceId()} of ${client.getUserId()} knows ${other.getDeviceId()} of ${userId}`, async () => {
        const devices = await cryptoOf(client).getUserDeviceInfo([userId], true);
        return devices.get(userId)?.has(String(other.getDeviceId()));
      });
    }
  }
}

/** The next verification that somebody asks this client for. Call it before they ask, and what it returns afterwards. */
export function nextVerificationRequest(client: MatrixClient): () => Promise<VerificationRequest> {
  let received: VerificationRequest | null = null;
  client.once(CryptoEvent.VerificationRequestReceived, (request) => {
    received = request;
  });
  return () => until(`${client.getUserId()} is asked to verify`, () => received);
}

/** Two people look at their screens and find the same emoji. Ends when both sides are done. */
export async function compareEmoji(asking: VerificationRequest, asked: VerificationRequest): Promise<void> {
  await asked.accept();
  await until('the other side is ready', () => asking.phase === VerificationPhase.Ready);
  const first = await asking.startVerification('m.sas.v1');
  const second = await until('the other side has started', () => asked.verifier);
  const verified = Promise.all([first.verify(), second.verify()]);
  const [mine, theirs] = await Promise.race([Promise.all([shown(first), shown(second)]), verified.then(fail)]);
  if (mine.sas.decimal?.join() !== theirs.sas.decimal?.join()) throw new Error('the two screens show different emoji');
  await Promise.all([mine.confirm(), theirs.confirm()]);
  await verified;
  await until('both sides are done', () => [asking, asked].every(({ phase }) => phase === VerificationPhase.Done));
}

function shown(verifier: Verifier): Promise<ShowSasCallbacks> {
  return until('the emoji are shown', () => verifier.getShowSasCallbacks());
}

function fail(): never {
  throw new Error('verified before anybody looked');
}
