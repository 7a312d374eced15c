import { LRUCache } from 'lru-cache';
import type { RoomId } from '../../core/ids/brands.ts';
import type { JsonObject } from '../../core/json/json-value.ts';
import { type CommitPort, type LogEntry, type Write, write } from '../../plugin-api/commit.ts';
import { LastChanged } from '../../plugin-api/last-changed.ts';
import { type PositionedReceipt, type Receipt, receiptKey, type ReceiptsStore, receiptWriter } from './store.ts';

/** Receipts in memory, over all rooms. */
const RECEIPTS_CACHED_MAX = 500_000;

const STREAM = 'receipt';

/** Receipts of one room by `receiptKey`; `pos` is infinite until the receipt is committed. */
type RoomReceipts = Map<string, PositionedReceipt>;

/** What a receipt changes elsewhere, in its own commit. */
export interface ReceiptEffects {
  readonly writes: readonly Write[];
  readonly committed: () => void;
}

/** Where everybody is in the rooms that this server knows. https://spec.matrix.org/v1.19/client-server-api/#receipts */
export class Receipts {
  readonly #store: ReceiptsStore;
  readonly #commits: CommitPort;
  readonly #rooms = new LRUCache<RoomId, RoomReceipts>({ maxSize: RECEIPTS_CACHED_MAX, sizeCalculation: (room) => Math.max(1, room.size) });
  readonly #loading = new Map<RoomId, Promise<RoomReceipts>>();
  #lastChanged = new LastChanged<RoomId>(Number.POSITIVE_INFINITY);

  constructor(deps: { store: ReceiptsStore; commits: CommitPort }) {
    this.#store = deps.store;
    this.#commits = deps.commits;
  }

  start(): void {
    this.#lastChanged = new LastChanged(this.#commits.position);
    this.#commits.onBatch((entries) => {
      for (const entry of entries) this.#onEntry(entry);
    });
  }

  /** Moves a receipt forwards; false when it is there already or further on. */
  async move(receipt: Receipt, effects: ReceiptEffects | null): Promise<boolean> {
    const room = await this.#room(receipt.roomId);
    const key = receiptKey(receipt);
    const previous = room.get(key);
    if (previous !== undefined && !isAhead(receipt, previous)) return false;
    const moved = { ...receipt, pos: Number.POSITIVE_INFINITY };
    room.set(key, moved);
    const isPrivate = receipt.type === 'm.read.private';
    try {
      await this.#commits.commit({
        stream: STREAM,
        durability: 'relaxed',
        writes: [write(receiptWriter, receipt), ...(effects?.writes ?? [])],
        ...(isPrivate ? { users: [receipt.userId] } : { rooms: [receipt.roomId] }),
        data: receiptData(receipt),
        live: receipt,
        onCommitted: (pos) => {
          if (room.get(key) === moved) room.set(key, { ...receipt, pos });
          effects?.committed();
        },
      });
    } catch (error) {
      this.#rooms.delete(receipt.roomId);
      throw error;
    }
    return true;
  }

  mayHaveChanged(roomId: RoomId, from: number): boolean {
    return this.#lastChanged.since(roomId, from);
  }

  /** Receipts of a room if they are in memory. */
  inMemory(roomId: RoomId): Iterable<PositionedReceipt> | null {
    return this.#rooms.get(roomId)?.values() ?? null;
  }

  async #room(roomId: RoomId): Promise<RoomReceipts> {
    const cached = this.#rooms.get(roomId);
    if (cached !== undefined) return cached;
    let loading = this.#loading.get(roomId);
    if (loading === undefined) {
      loading = this.#load(roomId).finally(() => this.#loading.delete(roomId));
      this.#loading.set(roomId, loading);
    }
    return loading;
  }

  async #load(roomId: RoomId): Promise<RoomReceipts> {
    const room = new Map((await this.#store.ofRoom(roomId)).map((receipt) => [receiptKey(receipt), receipt]));
    this.#rooms.set(roomId, room);
    return room;
  }

  #onEntry(entry: LogEntry): void {
    if (entry.stream !== STREAM) return;
    const roomId = (entry.data as JsonObject)['roomId'] as RoomId;
    this.#lastChanged.note(roomId, entry.pos);
    // Another node wrote it.
    if (entry.live === undefined || entry.live === null) this.#rooms.delete(roomId);
  }
}

/** What consumers of the log need: federation tells other servers about receipts of type `m.read`. */
function receiptData({ roomId, userId, type, threadId, eventId, ts }: Receipt): JsonObject {
  return { roomId, userId, type, threadId, eventId, ts };
}

/** By the order of events in the room where it is known, by time where it is not. */
function isAhead(next: Receipt, previous: Receipt): boolean {
  if (next.seq !== null && previous.seq !== null) return next.seq > previous.seq;
  return next.eventId !== previous.eventId && next.ts >= previous.ts;
}
