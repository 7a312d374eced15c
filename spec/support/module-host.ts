import { Value } from 'typebox/value';
import { MatrixError } from '../../src/core/errors/matrix-error.ts';
import { ERROR_STATUS } from '../../src/core/errors/error-codes.ts';
import type { DeviceId, RoomId, ServerName, UserId } from '../../src/core/ids/brands.ts';
import { parseSyncFilter } from '../../src/core/filters/parse-filter.ts';
import type { JsonObject } from '../../src/core/json/json-value.ts';
import { silentLogger } from '../../src/platform/logger.ts';
import { ManualClock } from '../../src/platform/manual-clock.ts';
import { createMetrics } from '../../src/platform/metrics.ts';
import { SeededRng } from '../../src/platform/seeded-rng.ts';
import type { LogEntry, Database } from '../../src/plugin-api/commit.ts';
import { type AnyEndpoint, type HttpReply, isReply, type Method, type Requester, reply } from '../../src/plugin-api/endpoint.ts';
import type { EventObserver, HappeningName, Happenings, HookInputs, HookName, Verdict } from '../../src/plugin-api/hooks.ts';
import type { Plugin, PluginHost } from '../../src/plugin-api/plugin.ts';
import type { RoomsPort, UiaPort } from '../../src/plugin-api/ports.ts';
import type { SlotName, Slots } from '../../src/plugin-api/slots.ts';
import type { SyncContribution, SyncRequest, SyncStream } from '../../src/plugin-api/sync-stream.ts';
import { openDatabase } from '../../src/storage/database.ts';
import type { TestDatabase } from './database.ts';
import { FakeCommits } from './fake-commits.ts';
import { FakeRooms, FakeUsers } from './fake-people.ts';

export const SERVER = 'weft.test' as ServerName;

export interface ModuleHostOptions {
  readonly database: TestDatabase;
  readonly plugins: readonly Plugin[];
  /** By plug-in name. */
  readonly config?: { readonly [plugin: string]: unknown };
  /** Position of the log to go on from, for a host that stands for the same node after a restart. */
  readonly position?: number;
  /** Answers for questions about rooms that the fake cannot answer. */
  readonly rooms?: Partial<RoomsPort>;
  readonly uia?: UiaPort['require'];
  readonly slots?: Partial<Slots>;
}

export interface Caller {
  readonly userId: UserId;
  readonly deviceId: DeviceId | null;
  readonly isGuest?: boolean;
  readonly isAdmin?: boolean;
  readonly appserviceId?: string;
}

export interface Call {
  readonly method: Method;
  /** As a client writes it: percent-encoded, with a query string if there is one. */
  readonly path: string;
  readonly as?: Caller;
  /** The other server, for federation endpoints. */
  readonly origin?: ServerName;
  readonly body?: JsonObject;
}

export interface Answer {
  readonly status: number;
  /** Parsed; a reply whose body is no text is left as it is under `raw`. */
  readonly body: JsonObject;
  readonly raw?: HttpReply['body'];
}

/**
 * A plug-in host on a real database: the plug-ins' endpoints, streams, hooks and writers run as they do in the server,
 * while accounts and rooms are small fakes in memory. `await using host = await moduleHost({ … })`.
 */
export async function moduleHost(options: ModuleHostOptions): Promise<ModuleHost> {
  const host = new ModuleHost(options);
  await host.start();
  return host;
}

type Listener<Name extends HappeningName> = (happening: Happenings[Name]) => void | Promise<void>;

export class ModuleHost implements AsyncDisposable {
  readonly #options: ModuleHostOptions;
  readonly #handles: ReturnType<typeof openDatabase>;
  readonly #endpoints: { endpoint: AnyEndpoint<unknown>; deps: unknown }[] = [];
  readonly #slots: Partial<Slots>;
  readonly #listeners = new Map<HappeningName, Listener<HappeningName>[]>();
  readonly #hooks = new Map<HookName, ((input: never) => Verdict | Promise<Verdict>)[]>();
  readonly #edus = new Map<string, (content: JsonObject, origin: ServerName) => void | Promise<void>>();
  readonly #starts: (() => Promise<void>)[] = [];
  readonly #stops: (() => Promise<void>)[] = [];
  #stopped = false;
  readonly clock = new ManualClock();
  readonly rng = new SeededRng('module-host');
  readonly metrics = createMetrics();
  readonly commits: FakeCommits;
  readonly users: FakeUsers;
  readonly members: FakeRooms;
  readonly rooms: RoomsPort;
  readonly streams: SyncStream[] = [];
  readonly observers: EventObserver[] = [];
  readonly unstableFeatures: string[] = [];
  readonly consumers = new Map<string, (entries: readonly LogEntry[]) => Promise<void>>();
  readonly capabilities = new Map<string, () => JsonObject>();
  /** What `uia.require` was asked, in order. */
  readonly uiaActions: string[] = [];

  constructor(options: ModuleHostOptions) {
    this.#options = options;
    this.#slots = { ...options.slots };
    this.#handles = openDatabase({ ...options.database.options, countStatements: true });
    this.commits = new FakeCommits(this.#handles.commit, options.position ?? 0);
    this.users = new FakeUsers(SERVER, (userId, deviceIds) => this.emit('deviceDeleted', { userId, deviceIds }));
    this.members = new FakeRooms(this.commits);
    this.rooms = this.members.port(options.rooms);
  }

  get db(): Database {
    return this.#handles.read;
  }

  /** SQL statements of the host so far, transactions' own ones included. */
  get statements(): number {
    return this.#handles.statements();
  }

  async start(): Promise<void> {
    for (const plugin of this.#options.plugins) await plugin.setup(this.#hostFor(plugin));
    for (const start of this.#starts) await start();
  }

  /** Calls an endpoint as the pipeline would: path parameters, body check, errors as answers. */
  async request(call: Call): Promise<Answer> {
    const url = new URL(call.path, 'http://localhost');
    for (const { endpoint, deps } of this.#endpoints) {
      const params = endpoint.method === call.method ? matchPath([endpoint.path, ...(endpoint.aliases ?? [])], url.pathname) : null;
      if (params === null) continue;
      try {
        return await this.#call(endpoint, deps, { call, url, params });
      } catch (error) {
        if (!(error instanceof MatrixError)) throw error;
        return {
          status: error.status ?? ERROR_STATUS[error.errcode],
          body: { errcode: error.errcode, error: error.message, ...error.extra },
        };
      }
    }
    return { status: 404, body: { errcode: 'M_UNRECOGNIZED', error: `no endpoint for ${call.method} ${url.pathname}` } };
  }

  /**
   * One sync of a device against all streams, up to `to` (default: everything committed). A `from` acknowledges what came before it.
   * `next` is the token to come back with.
   */
  async sync(
    caller: Caller,
    options: { from?: number | null; to?: number; request?: Partial<SyncRequest> } = {},
  ): Promise<{ next: number; toDevice: JsonObject[]; top: JsonObject; contributions: SyncContribution[] }> {
    const from = options.from ?? null;
    const to = options.to ?? this.commits.position;
    const joined = [...(await this.members.roomsOf(caller.userId))].filter(([, room]) => room.membership === 'join');
    const request: SyncRequest = {
      userId: caller.userId,
      deviceId: caller.deviceId,
      isGuest: caller.isGuest ?? false,
      from,
      to,
      fullState: false,
      joined: new Map(joined),
      newlyJoined: new Set<RoomId>(),
      membershipChanges: await this.members.membershipChanges({ userId: caller.userId, from: from ?? to, to }),
      filter: parseSyncFilter({}),
      signal: new AbortController().signal,
      ...options.request,
    };
    const contributions: SyncContribution[] = [];
    for (const stream of this.streams) {
      if (from !== null && caller.deviceId !== null) stream.acknowledge?.(caller.userId, caller.deviceId, from);
      const contribution = await stream.contribute(request);
      if (contribution !== null) contributions.push(contribution);
    }
    return {
      next: Math.min(to, ...contributions.map((contribution) => contribution.toDeviceTo ?? to)),
      toDevice: contributions
        .flatMap((contribution) => contribution.toDevice ?? [])
        .map((event) => (typeof event === 'string' ? (JSON.parse(event) as JsonObject) : event)),
      top: Object.assign({}, ...contributions.map((contribution) => contribution.top ?? {})) as JsonObject,
      contributions,
    };
  }

  /** An EDU from another server; false when no plug-in handles its type. */
  async edu(type: string, content: JsonObject, origin: ServerName): Promise<boolean> {
    const handler = this.#edus.get(type);
    await handler?.(content, origin);
    return handler !== undefined;
  }

  async emit<Name extends HappeningName>(name: Name, happening: Happenings[Name]): Promise<void> {
    for (const listener of this.#listeners.get(name) ?? []) await listener(happening as never);
  }

  async check<Name extends HookName>(name: Name, input: HookInputs[Name]): Promise<Verdict> {
    for (const hook of this.#hooks.get(name) ?? []) {
      const verdict = await hook(input as never);
      if (!verdict.allow) return verdict;
    }
    return { allow: true };
  }

  slot<Name extends SlotName>(name: Name): Slots[Name] | null {
    return this.#slots[name] ?? null;
  }

  /** Stops the plug-ins and closes the connections; the database itself stays. */
  async [Symbol.asyncDispose](): Promise<void> {
    if (this.#stopped) return;
    this.#stopped = true;
    for (const stop of this.#stops.toReversed()) await stop();
    await this.commits.idle();
    await this.#handles[Symbol.asyncDispose]();
  }

  async #call(
    endpoint: AnyEndpoint<unknown>,
    deps: unknown,
    { call, url, params }: { call: Call; url: URL; params: { [name: string]: string } },
  ): Promise<Answer> {
    const requester = endpoint.auth === 'none' || endpoint.auth === 'server' ? null : requesterOf(call.as);
    if (requester === null && endpoint.auth !== 'none' && endpoint.auth !== 'server' && endpoint.auth !== 'optional')
      throw new MatrixError('M_MISSING_TOKEN', 'Missing access token');
    if (endpoint.auth === 'server' && call.origin === undefined) throw new MatrixError('M_UNAUTHORIZED', 'Missing signature');
    const body = endpoint.body === undefined ? null : (call.body ?? {});
    if (typeof endpoint.body === 'object' && !Value.Check(endpoint.body, body)) throw new MatrixError('M_BAD_JSON', 'Malformed body');
    const result = await endpoint.handler({
      deps,
      requester,
      origin: endpoint.auth === 'server' ? (call.origin ?? null) : null,
      params,
      query: url.searchParams,
      body,
      request: {
        method: call.method,
        path: url.pathname,
        headers: {},
        ip: '192.0.2.1',
        userAgent: 'spec',
        signal: new AbortController().signal,
        stream: null,
        contentLength: null,
      },
    } as never);
    if (!isReply(result)) return { status: 200, body: JSON.parse(JSON.stringify(result)) as JsonObject };
    if (typeof result.body === 'string') return { status: result.status, body: JSON.parse(result.body) as JsonObject, raw: result.body };
    return { status: result.status, body: {}, raw: result.body ?? null };
  }

  #hostFor(plugin: Plugin): PluginHost<never> {
    const host: PluginHost<unknown> = {
      name: plugin.name,
      config: this.#options.config?.[plugin.name] ?? (plugin.config === undefined ? {} : Value.Default(plugin.config, {})),
      server: { serverName: SERVER, publicBaseUrl: `https://${SERVER}` },
      log: silentLogger,
      clock: this.clock,
      rng: this.rng,
      metrics: this.metrics,
      db: this.db,
      commits: this.commits,
      rooms: this.rooms,
      events: {
        visible: async ({ events }) => [...events],
        serialize: async ({ events }) =>
          events.map((event) => JSON.stringify({ ...(JSON.parse(event.json) as JsonObject), event_id: event.eventId })),
      },
      users: this.users,
      uia: {
        require: async (request) => {
          this.uiaActions.push(request.action);
          await this.#options.uia?.(request);
        },
      },
      provide: (slot, provider) => {
        this.#slots[slot] = provider;
      },
      slot: (name) => this.slot(name),
      replaced: () => null,
      hook: (name, hook) => void this.#hooks.set(name, [...(this.#hooks.get(name) ?? []), hook as never]),
      check: (name, input) => this.check(name, input),
      on: (name, listener) => void this.#listeners.set(name, [...(this.#listeners.get(name) ?? []), listener as never]),
      emit: (name, happening) => this.emit(name, happening),
      stream: (stream) => void this.streams.push(stream),
      observe: (observer) => void this.observers.push(observer),
      edu: (type, handler) => void this.#edus.set(type, handler),
      endpoints: (endpoints, deps) => {
        for (const endpoint of endpoints) this.#endpoints.push({ endpoint: endpoint as AnyEndpoint<unknown>, deps });
      },
      refusal: (errcode, message, extra = {}) => new MatrixError(errcode, message, { extra }),
      reply,
      unstableFeature: (name) => void this.unstableFeatures.push(name),
      consumeLog: (name, handle) => void this.consumers.set(name, handle),
      capability: (name, value) => void this.capabilities.set(name, value),
      onStart: (start) => void this.#starts.push(start),
      onStop: (stop) => void this.#stops.push(stop),
    };
    return host as PluginHost<never>;
  }
}

function requesterOf(caller: Caller | undefined): Requester | null {
  if (caller === undefined) return null;
  return {
    userId: caller.userId,
    deviceId: caller.deviceId,
    tokenId: 1,
    isGuest: caller.isGuest ?? false,
    isAdmin: caller.isAdmin ?? false,
    isSuspended: false,
    appserviceId: caller.appserviceId ?? null,
  };
}

function matchPath(patterns: readonly string[], path: string): { [name: string]: string } | null {
  const parts = path.split('/');
  for (const pattern of patterns) {
    const wanted = pattern.split('/');
    if (wanted.length !== parts.length) continue;
    const params: { [name: string]: string } = {};
    const fits = wanted.every((segment, index) => {
      const part = parts[index] ?? '';
      if (!segment.startsWith(':')) return segment === part;
      params[segment.slice(1)] = decodeURIComponent(part);
      return true;
    });
    if (fits) return params;
  }
  return null;
}
