import type { SigningKey } from '../core/crypto/ed25519.ts';
import type { ServerName } from '../core/ids/brands.ts';
import { type KeyRing, keyRingEntry } from '../rooms/ingest/room-ingest.ts';

/** The keys that this server knows by itself: its own, today's and earlier ones. Every event of another server lacks a known key. */
export function ownKeys(serverName: ServerName, keys: readonly SigningKey[]): KeyRing {
  const own = new Map(keys.map((key) => [key.keyId, key.publicKey]));
  return {
    find: (wanted) => {
      const found = wanted.flatMap(({ server, keyId }) => {
        const key = server === serverName ? own.get(keyId) : undefined;
        return key === undefined ? [] : [[keyRingEntry(server, keyId), key] as const];
      });
      return Promise.resolve(new Map(found));
    },
  };
}
