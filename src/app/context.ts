import { parseSyncFilter } from '../core/filters/parse-filter.ts';
import type { SyncFilter } from '../core/filters/filter-types.ts';
import type { ServerName, UserId } from '../core/ids/brands.ts';
import { DEFAULT_ROOM_VERSION } from '../core/room-versions/room-versions.ts';
import { serverNameOf } from '../core/ids/user-id.ts';
import type { JsonObject } from '../core/json/json-value.ts';
import { AccountsService } from '../accounts/accounts-service.ts';
import type { Logger } from '../platform/logger.ts';
import { createMetrics } from '../platform/metrics.ts';
import type { ServerFacts } from '../plugin-api/plugin.ts';
import type { SlotName, Slots } from '../plugin-api/slots.ts';
import type { EventsPort } from '../plugin-api/ports.ts';
import { createClientEventSerializer } from '../rooms/client-event/client-event-serializer.ts';
import { ActorDirectory } from '../rooms/actor/actor-directory.ts';
import type { ActorDeps } from '../rooms/actor/room-actor.ts';
import { EventStore } from '../rooms/events/event-store.ts';
import { RoomIngest } from '../rooms/ingest/room-ingest.ts';
import { RoomReadModel } from '../rooms/read/read-model.ts';
import { GuestAccess } from '../rooms/service/guest-access.ts';
import { RoomAliases } from '../rooms/service/room-aliases.ts';
import { RoomWaiters } from '../rooms/service/room-waiters.ts';
import { RoomsService } from '../rooms/service/rooms-service.ts';
import { TxnCache } from '../rooms/service/txn-cache.ts';
import { Committer } from '../storage/committer/committer.ts';
import { openLog } from '../storage/committer/commit-log.ts';
import { LogConsumer } from '../storage/committer/log-consumer.ts';
import { openDatabase } from '../storage/database.ts';
import { FilterStore } from '../storage/filters/filter-store.ts';
import { WriterLease } from '../storage/leases/writer-lease.ts';
import { migrate } from '../storage/migrate.ts';
import { Dictionary } from '../storage/rooms/dictionary.ts';
import { DirectorySql } from '../storage/rooms/directory-sql.ts';
import { RoomSql } from '../storage/rooms/room-reader-sql.ts';
import { createSyncService } from '../sync/sync-service.ts';
import { createHttpApp } from '../http/http-app.ts';
import { listen, type Listening } from '../http/listen.ts';
import { Disposables } from '../platform/disposables.ts';
import { accountsConfig } from './accounts-config.ts';
import { builtinPlugins } from './builtin-plugins.ts';
import { programVersion } from './cli/program-version.ts';
import { servedEndpoints } from './endpoint-table.ts';
import { Maintenance } from './maintenance.ts';
import { nodeName } from './node-name.ts';
import { ownKeys } from './own-keys.ts';
import type { CreateNode } from './node-lifecycle.ts';
import { arrangePlugins, importPlugins } from './plugins/load-plugins.ts';
import { PluginRegistry } from './plugins/plugin-registry.ts';
import { runHooks, tell } from './plugins/run-hooks.ts';
import { setUpPlugins } from './plugins/set-up-plugins.ts';
import { readyUrls } from './ready-urls.ts';

/** A node writes to this slot of the commit log. */
const SLOT = 0;

/**
 * The composition root: every part of the server is made here, by hand, from the lowest floor up. Ports that a lower floor declares are
 * wired to what a higher one provides.
 */
export const createNode: CreateNode = async ({ config, database, log, clock, rng, tracing, signingKey, oldSigningKeys }) => {
  const parts = new Disposables({ clock, log });
  try {
    const serverName = config.server_name as ServerName;
    const server: ServerFacts = { serverName, publicBaseUrl: config.public_base_url };
    const metrics = createMetrics({ processMetrics: config.metrics.enabled });

    // Storage.
    const db = parts.use('database', openDatabase(database, metrics));
    const { applied } = await migrate(db.bulk);
    if (applied.length > 0) log.info({ applied }, 'the database schema was brought up to date');
    const lease = parts.use(
      'writer lease',
      await WriterLease.acquire({ sql: db.read, slot: SLOT, node: await nodeName(config.data_dir, rng), clock, log }),
    );
    const commits = parts.use(
      'committer',
      new Committer({
        sql: db.commit,
        lease,
        position: await openLog(db.read, { slot: SLOT, now: clock.now() }),
        clock,
        log,
        metrics,
        tracing,
      }),
    );

    // Plug-ins register into this; it is filled below and asked only when the server runs.
    const registry = new PluginRegistry(config.slots);
    const hookDeps = { registry, clock, log };
    const hooks = {
      check: ((name, input) => runHooks(hookDeps, name, input)) as AccountHooksCheck,
      emit: ((name, happening) => tell(hookDeps, name, happening)) as AccountHooksEmit,
    };
    const rateLimiter = {
      consume: async (...args: Parameters<RateLimiter['consume']>) => registry.slot('rateLimiter')?.consume(...args) ?? 0,
    };

    // Accounts.
    const accounts = parts.use(
      'accounts',
      new AccountsService({
        db: db.read,
        serverName,
        config: accountsConfig(config),
        hooks,
        rateLimiter,
        passwordProvider: () => registry.slot('passwordProvider'),
        clock,
        rng,
        log: log.child({ part: 'accounts' }),
      }),
    );
    const isLocal = (userId: UserId): boolean => serverNameOf(userId) === serverName;

    // Rooms.
    const sql = new RoomSql(db.read);
    const events = new EventStore(sql);
    const users = new Dictionary(db.read, 'user_nid');
    const actorDeps: ActorDeps = {
      commits,
      sql,
      events,
      users,
      types: new Dictionary(db.read, 'event_type'),
      clock,
      rng,
      signer: { name: serverName, key: signingKey },
      observers: registry.observers,
      isLocal,
      notifies: (event) => registry.slot('pushRules')?.notifiesByDefault(event) ?? false,
    };
    const reader = new RoomReadModel({ sql, events, users, commits });
    const directory = new DirectorySql(db.read);
    const actors = new ActorDirectory(actorDeps);
    const rooms = new RoomsService({
      actors,
      actorDeps,
      reader,
      directory,
      txns: new TxnCache({ sql, users, clock }),
      ingest: new RoomIngest({
        actors,
        states: { sql, store: events, resolverOf: (algorithm) => required(registry, `stateResolver:${algorithm}`) },
        keys: ownKeys(serverName, [signingKey, ...oldSigningKeys]),
        check: hooks.check,
      }),
      ports: {
        check: hooks.check,
        isLocal,
        userExists: (userId) => accounts.exists(userId),
        profileOf: async (userId) => (isLocal(userId) ? memberProfile((await registry.slot('profile')?.get(userId)) ?? {}) : null),
      },
      log: log.child({ part: 'rooms' }),
    });
    const aliases = new RoomAliases({ directory, rooms, serverName, clock, log: log.child({ part: 'aliases' }) });
    const guests = parts.use(
      'guest access',
      new GuestAccess({
        rooms,
        commits,
        isLocal,
        guestsAmong: (userIds) => accounts.reader.guestsAmong(userIds),
        log: log.child({ part: 'guests' }),
      }),
    );
    const waiters = new RoomWaiters({ commits, clock });
    registry.provide('rooms', 'aliases', aliases);

    const serializer = createClientEventSerializer({
      reader,
      clock,
      bundledRelations: (options) => registry.slot('relations')?.bundled(options) ?? new Map(),
    });
    const clientEvents: EventsPort = {
      visible: ({ userId, roomId, events: shown }) => reader.filterVisible(userId, roomId, shown),
      serialize: (options) => serializer.serialize(options),
    };

    // Modules, built in and third party, through one door.
    const plugins = arrangePlugins([...builtinPlugins(config), ...(await importPlugins(config.modules))]);
    await setUpPlugins({
      plugins,
      registry,
      ports: { server, log, clock, rng, metrics, db: db.read, commits, rooms, events: clientEvents, users: accounts, uia: accounts.uia },
    });

    // Sync.
    const filters = new FilterStore(db.read);
    const sync = createSyncService({
      reader,
      commits,
      serializer,
      streams: registry.streams,
      presence: registry.slot('presence'),
      clock,
      metrics,
      storedFilter: async (userId, filterId) => {
        const text = await filters.read(userId, filterId);
        return text === null ? null : (parseSyncFilter(JSON.parse(text)) as SyncFilter);
      },
      ignoredUsers: (userId) => registry.slot('ignoredUsers')?.ignoredBy(userId) ?? new Set(),
      invitesBlocked: async (userId) => {
        const permission = await registry.slot('accountData')?.get({ userId, roomId: null, type: 'm.invite_permission_config' });
        return permission?.['default_action'] === 'block';
      },
      // Invites from other servers bring their own stripped state; those of this server's rooms are made from the rooms.
      strippedState: () => new Map(),
      incomingRelations: (roomId, nums) => registry.slot('relations')?.incoming(roomId, nums) ?? new Map(),
    });

    // HTTP.
    let serving = false;
    const endpoints = servedEndpoints(
      {
        server,
        accounts,
        rooms,
        reader,
        directory,
        aliases,
        guests,
        waiters,
        serializer,
        emit: hooks.emit,
        log: log.child({ part: 'http' }),
        ignoredBy: (userId) => registry.slot('ignoredUsers')?.ignoredBy(userId) ?? new Set(),
        incomingRelations: (roomId, nums) => registry.slot('relations')?.incoming(roomId, nums) ?? new Map(),
        sync,
        filters,
        metrics,
        clock,
        rng,
        version: programVersion(),
        profile: () => registry.slot('profile'),
        support: {
          email: config.well_known.support_email ?? null,
          matrixId: config.well_known.support_matrix_id ?? null,
          page: config.well_known.support_page ?? null,
        },
        unstableFeatures: () => registry.unstableFeatures,
        capabilities: () => Object.fromEntries([...registry.capabilities].map(([name, value]) => [name, value()])),
        defaultRoomVersion: config.rooms.default_version ?? DEFAULT_ROOM_VERSION,
        encryption: config.rooms.encryption,
        check: hooks.check,
        isHealthy: async () => {
          await db.ping();
          return serving && !lease.lost;
        },
      },
      registry.endpoints,
    );
    const app = createHttpApp({
      endpoints,
      authenticate: (token, caller) => accounts.authenticate(token, caller),
      rateLimiter,
      metrics,
      tracing,
      log: log.child({ part: 'http' }),
      clock,
      maxBodyBytes: config.http.max_body_bytes,
      trustedProxies: config.http.trusted_proxies,
    });
    parts.use('maintenance', new Maintenance({ db: db.bulk, slot: SLOT, clock, log }));
    accounts.start();
    for (const { plugin, value } of registry.consumers) {
      const options = { ...value, sql: db.bulk, commits, slot: SLOT, clock, log: log.child({ part: plugin }) };
      parts.use(`log consumer ${value.name}`, await LogConsumer.open(options));
    }
    for (const { value: start } of registry.starts) await start();
    for (const { plugin, value: stop } of registry.stops) parts.defer(plugin, stop);

    return {
      failed: lease.whenLost.then(() => 'another node writes to the database now'),
      async listen() {
        const listening: Listening = await listen({
          app,
          listeners: config.listeners,
          drainMs: config.http.drain_ms,
          clock,
          log,
        });
        parts.use('listeners', listening);
        parts.defer('parked syncs', () => sync.drain());
        parts.use('parked peeks', waiters);
        serving = true;
        await announceFirstToken(accounts, log);
        return { urls: readyUrls(listening.addresses) };
      },
      async [Symbol.asyncDispose]() {
        serving = false;
        await parts[Symbol.asyncDispose]();
      },
    };
  } catch (error) {
    await parts[Symbol.asyncDispose]();
    throw error;
  }
};

type AccountHooksCheck = ConstructorParameters<typeof AccountsService>[0]['hooks']['check'];
type AccountHooksEmit = ConstructorParameters<typeof AccountsService>[0]['hooks']['emit'];
type RateLimiter = ConstructorParameters<typeof AccountsService>[0]['rateLimiter'];

/** The one-time token of a server without accounts: in the log and nowhere else. */
async function announceFirstToken(accounts: AccountsService, log: Logger): Promise<void> {
  const token = await accounts.registrationTokens.firstAdminToken();
  if (token === null) return;
  log.warn(
    { registration_token: token },
    'There are no accounts yet. Register with this token to become the administrator; it works once, and the next start makes another.',
  );
}

/** The provider of a slot that a built-in module always fills. */
function required<Name extends SlotName>(registry: PluginRegistry, name: Name): Slots[Name] {
  const provider = registry.slot(name);
  if (provider === null) throw new Error(`nothing provides ${name}`);
  return provider;
}

/** What of a profile goes into member events. */
function memberProfile(profile: JsonObject): JsonObject {
  const { displayname, avatar_url: avatarUrl } = profile;
  return {
    ...(typeof displayname === 'string' ? { displayname } : {}),
    ...(typeof avatarUrl === 'string' ? { avatar_url: avatarUrl } : {}),
  };
}
