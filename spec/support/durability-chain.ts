import { setTimeout as sleep } from 'node:timers/promises';
import type { Wire } from './durability-wire.ts';

interface SyncedEvent {
  readonly type: string;
  readonly event_id: string;
  readonly state_key?: string;
}

export interface SyncedRoom {
  /** Event ids by type and state key. */
  readonly state: Map<string, string>;
  /** Event ids, oldest first. */
  readonly timeline: string[];
}

export interface ToDevice {
  readonly from: string;
  readonly n: number;
}

/** The parts of an answer of `/sync` that a picture is made of. */
interface SyncBody {
  readonly rooms?: {
    readonly join?: Record<
      string,
      { readonly state: { events: SyncedEvent[] }; readonly timeline: { events: SyncedEvent[]; limited?: boolean } }
    >;
    readonly leave?: Record<string, unknown>;
  };
  readonly to_device?: { readonly events: { readonly content: ToDevice }[] };
  readonly account_data?: { readonly events: { readonly type: string; readonly content: unknown }[] };
}

/** What a client that keeps everything has seen. */
export class SyncPicture {
  readonly rooms = new Map<string, SyncedRoom>();
  readonly toDevice: ToDevice[] = [];
  readonly accountData = new Map<string, string>();
  /** Answers that left out a part of a timeline which had been going on. */
  gaps = 0;

  /** Takes in one answer of `/sync`; answers whether it brought anything. */
  apply(body: SyncBody): boolean {
    for (const [roomId, room] of Object.entries(body.rooms?.join ?? {})) {
      const known = this.rooms.get(roomId);
      const target = known ?? { state: new Map<string, string>(), timeline: [] };
      this.rooms.set(roomId, target);
      if (known !== undefined && room.timeline.limited === true) this.gaps++;
      for (const event of room.state.events) setState(target, event);
      for (const event of room.timeline.events) {
        target.timeline.push(event.event_id);
        setState(target, event);
      }
    }
    for (const roomId of Object.keys(body.rooms?.leave ?? {})) this.rooms.delete(roomId);
    for (const event of body.to_device?.events ?? []) this.toDevice.push(event.content);
    for (const event of body.account_data?.events ?? []) this.accountData.set(event.type, JSON.stringify(event.content));
    return body.rooms !== undefined || body.to_device !== undefined || body.account_data !== undefined;
  }
}

function setState(room: SyncedRoom, event: SyncedEvent): void {
  if (event.state_key !== undefined) room.state.set(`${event.type}|${event.state_key}`, event.event_id);
}

const FILTER = encodeURIComponent(JSON.stringify({ room: { timeline: { limit: 1000 } }, presence: { types: [] } }));

/** One device's chain of incremental syncs, each starting where the answer before it ended. */
export class SyncChain {
  readonly picture = new SyncPicture();
  answers = 0;
  #since: string | null = null;
  #drained: PromiseWithResolvers<void> | null = null;
  #stopped = false;
  readonly #wire: Wire;
  readonly #token: string;

  constructor(wire: Wire, token: string) {
    this.#wire = wire;
    this.#token = token;
  }

  async run(): Promise<void> {
    while (!this.#stopped) {
      const drained = this.#drained;
      const since = this.#since === null ? '' : `&since=${this.#since}`;
      const path = `/_matrix/client/v3/sync?timeout=${drained === null ? 500 : 0}&filter=${FILTER}${since}`;
      const answer = await this.#wire.once(this.#token, 'GET', path);
      if (answer === null) {
        await sleep(20);
        continue;
      }
      if (answer.status !== 200) throw new Error(`sync: ${answer.status} ${JSON.stringify(answer.body)}`);
      this.answers++;
      this.#since = answer.body.next_batch;
      if (!this.picture.apply(answer.body) && drained !== null) {
        this.#drained = null;
        drained.resolve();
      }
    }
  }

  /** Resolves when an answer brought nothing: everything that was acknowledged before has come by. */
  drain(): Promise<void> {
    this.#drained ??= Promise.withResolvers();
    return this.#drained.promise;
  }

  stop(): void {
    this.#stopped = true;
  }

  /** What a client sees that begins from nothing. */
  async fresh(): Promise<SyncPicture> {
    const picture = new SyncPicture();
    picture.apply(await this.#wire.ok(this.#token, 'GET', `/_matrix/client/v3/sync?timeout=0&filter=${FILTER}`));
    return picture;
  }
}
