import type { JsonObject } from '../../core/json/json-value.ts';
import type { ServerName } from '../../core/ids/brands.ts';
import type { LogEntry } from '../../plugin-api/commit.ts';
import type { EventObserver, Happenings, HappeningName, Hook, HookName } from '../../plugin-api/hooks.ts';
import type { SlotName, Slots } from '../../plugin-api/slots.ts';
import type { SyncStream } from '../../plugin-api/sync-stream.ts';
import type { BoundEndpoint } from '../../http/bound-endpoint.ts';

export type EduHandler = (content: JsonObject, origin: ServerName) => void | Promise<void>;

/** A plug-in's hook with the name of its plug-in, for messages. */
export interface Owned<T> {
  readonly plugin: string;
  readonly value: T;
}

/** Two plug-ins want what only one can have, or one came too late. */
export class PluginError extends Error {
  constructor(message: string, options?: ErrorOptions) {
    super(message, options);
    this.name = 'PluginError';
  }
}

/** Everything that plug-ins registered. Frozen before the server starts, so that what runs is what was checked. */
export class PluginRegistry {
  readonly #winners: Readonly<Record<string, string>>;
  readonly #slots = new Map<SlotName, Owned<unknown>[]>();
  /** What the winners of contested slots replace. */
  readonly #replaced = new Map<SlotName, Owned<unknown>>();
  readonly #hooks = new Map<HookName, Owned<Hook<HookName>>[]>();
  readonly #listeners = new Map<HappeningName, Owned<(happening: never) => void | Promise<void>>[]>();
  readonly streams: SyncStream[] = [];
  readonly observers: EventObserver[] = [];
  readonly endpoints: BoundEndpoint[] = [];
  readonly consumers: Owned<{ name: string; handle: (entries: readonly LogEntry[]) => Promise<void> }>[] = [];
  readonly edus = new Map<string, EduHandler>();
  readonly unstableFeatures = new Set<string>();
  readonly capabilities = new Map<string, () => JsonObject>();
  readonly starts: Owned<() => Promise<void>>[] = [];
  readonly stops: Owned<() => Promise<void>>[] = [];
  #frozen = false;

  /** `winners`: the config's `slots`, slot name → plug-in name. */
  constructor(winners: Readonly<Record<string, string>>) {
    this.#winners = winners;
  }

  get frozen(): boolean {
    return this.#frozen;
  }

  provide<Name extends SlotName>(plugin: string, slot: Name, provider: Slots[Name]): void {
    this.#open(plugin);
    this.#slots.set(slot, [...(this.#slots.get(slot) ?? []), { plugin, value: provider }]);
  }

  hook<Name extends HookName>(plugin: string, name: Name, hook: Hook<Name>): void {
    this.#open(plugin);
    this.#hooks.set(name, [...(this.#hooks.get(name) ?? []), { plugin, value: hook as unknown as Hook<HookName> }]);
  }

  on<Name extends HappeningName>(plugin: string, name: Name, listener: (happening: Happenings[Name]) => void | Promise<void>): void {
    this.#open(plugin);
    this.#listeners.set(name, [...(this.#listeners.get(name) ?? []), { plugin, value: listener }]);
  }

  edu(plugin: string, type: string, handler: EduHandler): void {
    this.#open(plugin);
    if (this.edus.has(type)) throw new PluginError(`plug-in ${plugin}: EDUs of type ${type} already have a handler`);
    this.edus.set(type, handler);
  }

  add<T>(plugin: string, list: T[], ...items: readonly T[]): void {
    this.#open(plugin);
    list.push(...items);
  }

  hooksOf<Name extends HookName>(name: Name): readonly Owned<Hook<Name>>[] {
    return (this.#hooks.get(name) ?? []) as unknown as readonly Owned<Hook<Name>>[];
  }

  listenersOf<Name extends HappeningName>(name: Name): readonly Owned<(happening: Happenings[Name]) => void | Promise<void>>[] {
    return (this.#listeners.get(name) ?? []) as unknown as readonly Owned<(happening: Happenings[Name]) => void | Promise<void>>[];
  }

  /** What fills a slot, or null. */
  slot<Name extends SlotName>(name: Name): Slots[Name] | null {
    return this.provider(name)?.value ?? null;
  }

  /** The same with the name of its plug-in. */
  provider<Name extends SlotName>(name: Name): Owned<Slots[Name]> | null {
    const [first] = this.#slots.get(name) ?? [];
    return first === undefined ? null : (first as Owned<Slots[Name]>);
  }

  /** What the slot's provider stands in for: the first of those that did not win. Only the winner may ask. */
  replaced<Name extends SlotName>(plugin: string, name: Name): Slots[Name] | null {
    if (this.provider(name)?.plugin !== plugin)
      throw new PluginError(`plug-in ${plugin} asks what it replaces in slot ${name}, which it does not fill`);
    return (this.#replaced.get(name)?.value ?? null) as Slots[Name] | null;
  }

  /**
   * Decides every contested slot and closes the registry.
   *
   * @throws PluginError for a slot with two providers and no winner, and for a winner that does not provide it
   */
  freeze(): void {
    for (const [slot, providers] of this.#slots) {
      const winner = this.#winners[slot];
      const chosen = winner === undefined ? providers : providers.filter((provider) => provider.plugin === winner);
      const [only] = chosen;
      if (only === undefined) {
        throw new PluginError(`slots.${slot} names ${winner}, which does not provide it. Providers: ${names(providers)}.`);
      }
      if (chosen.length > 1) {
        throw new PluginError(`Slot ${slot} has more than one provider: ${names(providers)}. Name the one to use under slots.${slot}.`);
      }
      const loser = providers.find((provider) => provider !== only);
      if (loser !== undefined) this.#replaced.set(slot, loser);
      this.#slots.set(slot, [only]);
    }
    for (const slot of Object.keys(this.#winners)) {
      if (!this.#slots.has(slot as SlotName)) throw new PluginError(`slots.${slot}: nothing provides this slot`);
    }
    this.#frozen = true;
  }

  #open(plugin: string): void {
    if (this.#frozen) throw new PluginError(`plug-in ${plugin} registers something after its setup has ended`);
  }
}

function names(providers: readonly Owned<unknown>[]): string {
  return providers.map((provider) => provider.plugin).join(', ');
}
