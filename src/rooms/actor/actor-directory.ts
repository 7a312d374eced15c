import { MatrixError } from '../../core/errors/matrix-error.ts';
import type { RoomId } from '../../core/ids/brands.ts';
import type { RoomInfo } from '../../plugin-api/ports.ts';
import { type ActorDeps, ActorGoneError, RoomActor } from './room-actor.ts';
import { loadHead } from './load-head.ts';
import type { RoomHead } from './room-head.ts';

/** Rooms whose head is kept in memory. Beyond it the longest idle one is let go. */
const ACTORS_MAX = 5_000;
/** How often a request is tried again after a commit failed under it. */
const RETRIES_MAX = 3;

/** The room actors of this node: at most one per room. */
export class ActorDirectory {
  readonly #deps: ActorDeps;
  /** In order of last use. */
  readonly #actors = new Map<RoomId, RoomActor>();
  readonly #loading = new Map<RoomId, Promise<RoomActor | null>>();
  /** Actors that were abandoned with commits under way: the store is read when those are done. */
  readonly #retiring = new Map<RoomId, Promise<void>>();

  constructor(deps: ActorDeps) {
    this.#deps = deps;
  }

  get size(): number {
    return this.#actors.size;
  }

  /**
   * Runs a task with the room's actor, again with a fresh one when the actor's commits failed.
   *
   * @throws MatrixError `M_NOT_FOUND` for a room that this server does not know
   */
  async with<T>(roomId: RoomId, task: (actor: RoomActor) => Promise<T>): Promise<T> {
    for (let attempt = 0; ; attempt++) {
      const actor = await this.get(roomId);
      if (actor === null) throw new MatrixError('M_NOT_FOUND', 'Unknown room');
      try {
        return await task(actor);
      } catch (error) {
        if (!(error instanceof ActorGoneError) || attempt >= RETRIES_MAX) throw error;
      }
    }
  }

  async get(roomId: RoomId): Promise<RoomActor | null> {
    const known = this.#actors.get(roomId);
    if (known !== undefined && !known.gone) {
      this.#actors.delete(roomId);
      this.#actors.set(roomId, known);
      return known;
    }
    const underWay = this.#loading.get(roomId);
    if (underWay !== undefined) return underWay;
    const loading = this.#load(roomId).finally(() => this.#loading.delete(roomId));
    this.#loading.set(roomId, loading);
    return loading;
  }

  /** The actor of a room that does not exist yet. */
  adopt(head: RoomHead): RoomActor {
    const actor = this.#make(head);
    this.#actors.set(head.info.roomId, actor);
    this.#evict();
    return actor;
  }

  async #load(roomId: RoomId): Promise<RoomActor | null> {
    await this.#retiring.get(roomId);
    const [row] = await this.#deps.sql.rooms([roomId]);
    if (row === undefined) return null;
    const actor = this.#make(await loadHead(row, this.#deps));
    this.#actors.set(roomId, actor);
    this.#evict();
    return actor;
  }

  #make(head: RoomHead): RoomActor {
    const { roomId }: RoomInfo = head.info;
    const actor: RoomActor = new RoomActor(head, this.#deps, () => {
      if (this.#actors.get(roomId) === actor) this.#actors.delete(roomId);
      this.#retire(roomId, actor);
    });
    return actor;
  }

  #retire(roomId: RoomId, actor: RoomActor): void {
    const settled = actor.settled.then(() => {
      if (this.#retiring.get(roomId) === settled) this.#retiring.delete(roomId);
    });
    this.#retiring.set(roomId, settled);
  }

  #evict(): void {
    if (this.#actors.size <= ACTORS_MAX) return;
    for (const [roomId, actor] of this.#actors) {
      if (this.#actors.size <= ACTORS_MAX) return;
      if (actor.idle) this.#actors.delete(roomId);
    }
  }
}
