import type { Sql } from 'postgres';
import { signingKeyFromSeed } from '../../src/core/crypto/ed25519.ts';
import type { EventSigner } from '../../src/core/events/sign-event.ts';
import { STATE_RESOLVERS } from '../../src/core/state-res/run-resolver.ts';
import type { ServerName, UserId } from '../../src/core/ids/brands.ts';
import { systemClock } from '../../src/platform/clock.ts';
import { silentLogger } from '../../src/platform/logger.ts';
import { createMetrics } from '../../src/platform/metrics.ts';
import { SeededRng } from '../../src/platform/seeded-rng.ts';
import { ALLOW } from '../../src/plugin-api/hooks.ts';
import { ActorDirectory } from '../../src/rooms/actor/actor-directory.ts';
import { createClientEventSerializer } from '../../src/rooms/client-event/client-event-serializer.ts';
import { EventStore } from '../../src/rooms/events/event-store.ts';
import { keyRingEntry, RoomIngest } from '../../src/rooms/ingest/room-ingest.ts';
import { RoomReadModel } from '../../src/rooms/read/read-model.ts';
import { RoomsService } from '../../src/rooms/service/rooms-service.ts';
import { TxnCache } from '../../src/rooms/service/txn-cache.ts';
import { openLog } from '../../src/storage/committer/commit-log.ts';
import { Committer } from '../../src/storage/committer/committer.ts';
import { openDatabase } from '../../src/storage/database.ts';
import { WriterLease } from '../../src/storage/leases/writer-lease.ts';
import { Dictionary } from '../../src/storage/rooms/dictionary.ts';
import { DirectorySql } from '../../src/storage/rooms/directory-sql.ts';
import { RoomSql } from '../../src/storage/rooms/room-reader-sql.ts';
import { createSyncService, type SyncService } from '../../src/sync/sync-service.ts';
import type { TestDatabase } from './database.ts';

export interface Engine extends AsyncDisposable {
  readonly rooms: RoomsService;
  /** Every server's key is this server's own, so that a test can sign for all of them. */
  readonly ingest: RoomIngest;
  readonly actors: ActorDirectory;
  readonly reader: RoomReadModel;
  readonly sql: RoomSql;
  readonly store: EventStore;
  readonly users: Dictionary;
  readonly signer: EventSigner;
  readonly commits: Committer;
  readonly db: Sql;
  readonly sync: SyncService;
  /** SQL statements sent so far. */
  readonly statements: () => number;
}

/** Rooms and sync on a real database, without accounts, modules and HTTP. Every user of `weft.test` exists. */
export async function openEngine(database: TestDatabase): Promise<Engine> {
  const name = 'weft.test' as ServerName;
  const clock = systemClock;
  const log = silentLogger;
  const metrics = createMetrics();
  const db = openDatabase({ ...database.options, countStatements: true });
  const lease = await WriterLease.acquire({ sql: db.read, slot: 0, node: 'test', clock, log });
  const position = await openLog(db.read, { slot: 0, now: clock.now() });
  const commits = new Committer({ sql: db.commit, lease, position, clock, log, metrics });
  const sql = new RoomSql(db.read);
  const events = new EventStore(sql);
  const users = new Dictionary(db.read, 'user_nid');
  const isLocal = (userId: UserId): boolean => userId.endsWith(`:${name}`);
  const signer = { name, key: signingKeyFromSeed(new Uint8Array(32).fill(1), 'test') };
  const actorDeps = {
    commits,
    sql,
    events,
    users,
    types: new Dictionary(db.read, 'event_type'),
    clock,
    rng: new SeededRng(7),
    signer,
    observers: [],
    isLocal,
    notifies: () => false,
  };
  const reader = new RoomReadModel({ sql, events, users, commits });
  const actors = new ActorDirectory(actorDeps);
  const ingest = new RoomIngest({
    actors,
    states: { sql, store: events, resolverOf: (algorithm) => STATE_RESOLVERS[algorithm] },
    keys: { find: async (wanted) => new Map(wanted.map(({ server, keyId }) => [keyRingEntry(server, keyId), signer.key.publicKey])) },
    check: async () => ALLOW,
  });
  const rooms = new RoomsService({
    actors,
    actorDeps,
    reader,
    directory: new DirectorySql(db.read),
    ingest,
    txns: new TxnCache({ sql, users, clock }),
    ports: { check: async () => ALLOW, isLocal, userExists: async () => true, profileOf: async () => null },
    log,
  });
  const sync = createSyncService({
    reader,
    commits,
    serializer: createClientEventSerializer({ reader, clock, bundledRelations: () => new Map() }),
    streams: [],
    presence: null,
    clock,
    metrics,
    storedFilter: async () => null,
    ignoredUsers: () => new Set(),
    invitesBlocked: async () => false,
    strippedState: () => new Map(),
    incomingRelations: () => new Map(),
  });
  return {
    rooms,
    ingest,
    actors,
    reader,
    sql,
    store: events,
    users,
    signer,
    commits,
    db: db.read,
    sync,
    statements: db.statements,
    async [Symbol.asyncDispose]() {
      await commits[Symbol.asyncDispose]();
      await lease[Symbol.asyncDispose]();
      await db[Symbol.asyncDispose]();
    },
  };
}
