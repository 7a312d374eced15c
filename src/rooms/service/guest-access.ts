import { MatrixError } from '../../core/errors/matrix-error.ts';
import type { RoomId, UserId } from '../../core/ids/brands.ts';
import { stateTuple } from '../../core/state-res/state-map.ts';
import type { Logger } from '../../platform/logger.ts';
import type { CommitPort } from '../../plugin-api/commit.ts';
import { eventLiveOf } from '../events/event-live.ts';
import type { RoomsService } from './rooms-service.ts';

const GUEST_ACCESS = stateTuple('m.room.guest_access', '');

export interface GuestAccessDeps {
  readonly rooms: RoomsService;
  readonly commits: CommitPort;
  readonly isLocal: (userId: UserId) => boolean;
  /** Those of some local users who are guests. */
  readonly guestsAmong: (userIds: readonly UserId[]) => Promise<readonly UserId[]>;
  readonly log: Logger;
}

/**
 * Guests are only in rooms that let them in; when a room stops doing so, this server's guests leave it, whoever changed the setting.
 *
 * @see https://spec.matrix.org/v1.19/client-server-api/#guest-access
 */
export class GuestAccess implements AsyncDisposable {
  readonly #deps: GuestAccessDeps;
  readonly #running = new Set<Promise<void>>();
  #stopped = false;

  constructor(deps: GuestAccessDeps) {
    this.#deps = deps;
    deps.commits.onBatch((entries) => {
      for (const entry of entries) {
        const live = eventLiveOf(entry);
        if (live?.stateDelta.has(GUEST_ACCESS) !== true || this.#stopped) continue;
        const { roomId } = live.room;
        const run = this.#evict(roomId)
          .catch((error: unknown) => deps.log.error({ err: error, roomId }, 'guests could not be taken out of a room'))
          .finally(() => this.#running.delete(run));
        this.#running.add(run);
      }
    });
  }

  /** @throws MatrixError `M_GUEST_ACCESS_FORBIDDEN` */
  async checkMayJoin(roomId: RoomId): Promise<void> {
    if (!(await this.#allowed(roomId))) throw new MatrixError('M_GUEST_ACCESS_FORBIDDEN', 'Guests cannot join this room');
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#stopped = true;
    await Promise.all(this.#running);
  }

  async #allowed(roomId: RoomId): Promise<boolean> {
    const { rooms } = this.#deps;
    const event = await rooms.stateEvent(roomId, 'm.room.guest_access', '');
    return event !== null && rooms.content(event)['guest_access'] === 'can_join';
  }

  async #evict(roomId: RoomId): Promise<void> {
    const { rooms, isLocal, guestsAmong, log } = this.#deps;
    if (await this.#allowed(roomId)) return;
    const locals = [...(await rooms.joinedMembers(roomId))].filter((userId) => isLocal(userId));
    if (locals.length === 0) return;
    for (const userId of await guestsAmong(locals)) {
      try {
        await rooms.setMembership({ roomId, sender: userId, target: userId, membership: 'leave' });
      } catch (error) {
        // The others still have to go.
        log.warn({ err: error, roomId, userId }, 'a guest could not be taken out of a room');
      }
    }
  }
}
