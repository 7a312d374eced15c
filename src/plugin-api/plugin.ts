import type { Static, TSchema } from 'typebox';
import type { ErrorCode } from '../core/errors/error-codes.ts';
import type { ServerName } from '../core/ids/brands.ts';
import type { JsonObject } from '../core/json/json-value.ts';
import type { Clock } from '../platform/clock.ts';
import type { Logger } from '../platform/logger.ts';
import type { Metrics } from '../platform/metrics.ts';
import type { Rng } from '../platform/rng.ts';
import type { BatchWriter, CommitPort, Database, LogEntry } from './commit.ts';
import type { AnyEndpoint, reply } from './endpoint.ts';
import type { EventObserver, Happenings, HappeningName, Hook, HookInputs, HookName, Verdict } from './hooks.ts';
import type { EventsPort, RoomsPort, UiaPort, UsersPort } from './ports.ts';
import type { SlotName, Slots } from './slots.ts';
import type { SyncStream } from './sync-stream.ts';

/** Number of the plug-in API; a plug-in that was written for another is refused with a clear message. */
export const PLUGIN_API = 1;

/** Server-wide facts that modules read. */
export interface ServerFacts {
  readonly serverName: ServerName;
  /** No trailing slash. */
  readonly publicBaseUrl: string;
}

/** Everything a plug-in may use. Ports are ready inside handlers, hooks, streams and `onStart`; `setup` itself only registers. */
export interface PluginHost<Config = JsonObject> {
  readonly name: string;
  readonly config: Config;
  readonly server: ServerFacts;
  readonly log: Logger;
  readonly clock: Clock;
  readonly rng: Rng;
  readonly metrics: Metrics;
  readonly db: Database;
  readonly commits: CommitPort;
  readonly rooms: RoomsPort;
  readonly events: EventsPort;
  readonly users: UsersPort;
  readonly uia: UiaPort;

  /** Fills a slot. Two providers for one slot: the server refuses to start unless config names the winner. */
  provide<Name extends SlotName>(slot: Name, provider: Slots[Name]): void;
  /** The provider of a slot; throws during `setup`, null when nobody filled it. */
  slot<Name extends SlotName>(slot: Name): Slots[Name] | null;
  /**
   * The provider that would fill the slot if this plug-in's did not, to build on; null when there is none. Throws during `setup`, and when
   * the slot is filled by another plug-in.
   */
  replaced<Name extends SlotName>(slot: Name): Slots[Name] | null;
  hook<Name extends HookName>(name: Name, hook: Hook<Name>): void;
  /** Runs all hooks of a name; the first refusal wins. */
  check<Name extends HookName>(name: Name, input: HookInputs[Name]): Promise<Verdict>;
  on<Name extends HappeningName>(name: Name, listener: (happening: Happenings[Name]) => void | Promise<void>): void;
  emit<Name extends HappeningName>(name: Name, happening: Happenings[Name]): Promise<void>;
  stream(stream: SyncStream): void;
  observe(observer: EventObserver): void;
  /**
   * Reads the commit log with a cursor of its own: every durable entry at least once, in order, across restarts (the handler must be
   * idempotent). A new consumer begins with what comes next; one that fails is tried again and never slows a commit.
   */
  consumeLog(name: string, handle: (entries: readonly LogEntry[]) => Promise<void>): void;
  /** Handles one type of EDU from other servers. `origin` has been authenticated. */
  edu(type: string, handler: (content: JsonObject, origin: ServerName) => void | Promise<void>): void;
  endpoints<Deps>(endpoints: readonly AnyEndpoint<Deps>[], deps: Deps): void;
  /** What an endpoint's handler throws to refuse a request, for plug-ins that import nothing of the server at run time. */
  refusal(errcode: ErrorCode, message: string, extra?: JsonObject): Error;
  /** What a handler returns when a 200 with a JSON object is not it. */
  reply: typeof reply;
  /** Flags in `GET /_matrix/client/versions` `unstable_features`. */
  unstableFeature(name: string): void;
  /** A key of `GET /_matrix/client/v3/capabilities`. */
  capability(name: string, value: () => JsonObject): void;
  onStart(start: () => Promise<void>): void;
  /** Runs in reverse order of registration. */
  onStop(stop: () => Promise<void>): void;
}

export interface Plugin<Schema extends TSchema = TSchema> {
  readonly name: string;
  readonly api: number;
  /** Names of plug-ins that must be set up before this one. */
  readonly requires?: readonly string[];
  readonly config?: Schema;
  setup(host: PluginHost<Static<Schema>>): void | Promise<void>;
}

export function definePlugin<Schema extends TSchema = TSchema>(plugin: Plugin<Schema>): Plugin<Schema> {
  return plugin;
}

export type { BatchWriter };
