import type { UserId } from '../../core/ids/brands.ts';
import type { JsonObject } from '../../core/json/json-value.ts';
import type { Clock, Timer } from '../../platform/clock.ts';
import type { Logger } from '../../platform/logger.ts';
import type { CommitPort } from '../../plugin-api/commit.ts';
import type { RoomsPort } from '../../plugin-api/ports.ts';
import type { PresenceSlot } from '../../plugin-api/slots.ts';
import { type PresenceName, type PresenceState, presenceContent, sameShown, type ShownPresence, shownPresence } from './presence-state.ts';

/** Users that are known at the same time; those who were seen last are kept. */
const PRESENCE_USERS_MAX = 200_000;
/** Changes that an incremental sync can look back on. */
const PRESENCE_CHANGES_MAX = 20_000;
/** How often users are looked through for those who became idle or went away, ms. */
const SWEEP_MS = 5_000;

const STREAM = 'presence';

interface Tracked {
  state: PresenceState;
  /** What others were last told. */
  told: ShownPresence;
  /** Further keys of the event: the user's new name and avatar. */
  profile: JsonObject;
}

const OFFLINE: ShownPresence = { presence: 'offline', statusMsg: undefined, currentlyActive: false };

/** Who is there, in memory only. https://spec.matrix.org/v1.19/client-server-api/#presence */
export class Presence implements PresenceSlot {
  readonly #clock: Clock;
  readonly #commits: CommitPort;
  readonly #rooms: Pick<RoomsPort, 'roomsOf'>;
  readonly #isLocal: (userId: UserId) => boolean;
  readonly #log: Logger;
  readonly #users = new Map<UserId, Tracked>();
  /** In order of position. */
  #changes: { readonly pos: number; readonly userId: UserId }[] = [];
  #floor = Number.POSITIVE_INFINITY;
  #sweep: Timer | null = null;

  constructor(deps: {
    clock: Clock;
    commits: CommitPort;
    rooms: Pick<RoomsPort, 'roomsOf'>;
    isLocal: (userId: UserId) => boolean;
    log: Logger;
  }) {
    this.#clock = deps.clock;
    this.#commits = deps.commits;
    this.#rooms = deps.rooms;
    this.#isLocal = deps.isLocal;
    this.#log = deps.log;
  }

  start(): void {
    this.#floor = this.#commits.position;
    this.#scheduleSweep();
  }

  stop(): void {
    this.#sweep?.cancel();
    this.#sweep = null;
  }

  async get(userId: UserId): Promise<JsonObject> {
    const tracked = this.#users.get(userId);
    return tracked === undefined ? { presence: 'offline' } : presenceContent(tracked.state, this.#clock.now());
  }

  /** A sync with this `set_presence`. `offline` leaves everything as it is: the client does not want to be noticed. */
  touch(userId: UserId, wanted: 'online' | 'unavailable' | 'offline'): Promise<void> | undefined {
    if (wanted === 'offline') return undefined;
    const now = this.#clock.now();
    const { state, told } = this.#tracked(userId);
    // Coming back is activity; that a client goes on syncing is not.
    const comesBack = wanted === 'online' && (told.presence === 'offline' || state.wanted !== 'online');
    const isBusy = state.wanted !== 'online' && state.wanted !== 'unavailable' && state.wanted !== 'offline' && told.presence !== 'offline';
    return this.#change(userId, {
      ...state,
      wanted: isBusy ? state.wanted : wanted,
      lastSeen: now,
      lastActive: comesBack && !isBusy ? now : state.lastActive,
    });
  }

  /** The user did something: sent a message, for instance. */
  active(userId: UserId): void {
    const now = this.#clock.now();
    const { state } = this.#tracked(userId);
    void this.#change(userId, {
      ...state,
      wanted: state.wanted === 'unavailable' || state.wanted === 'offline' ? 'online' : state.wanted,
      lastActive: now,
      lastSeen: now,
    });
  }

  /** The user, or the user's server, says how it is. */
  set(userId: UserId, wanted: PresenceName, options: { statusMsg: string | undefined; lastActive?: number }): void {
    const now = this.#clock.now();
    const { state } = this.#tracked(userId);
    void this.#change(userId, { ...state, wanted, statusMsg: options.statusMsg, lastActive: options.lastActive ?? now, lastSeen: now });
  }

  /** A new name or avatar is told to those who see the user. https://spec.matrix.org/v1.19/client-server-api/#events-on-change-of-profile-information */
  setProfile(userId: UserId, profile: JsonObject): void {
    const tracked = this.#tracked(userId);
    tracked.profile = profile;
    void this.#tell(userId, tracked, tracked.told);
  }

  /** Users with news after `from` up to `to`; null when that is too long ago to know. */
  changed(from: number, to: number): Set<UserId> | null {
    if (from < this.#floor) return null;
    const users = new Set<UserId>();
    for (let index = this.#changes.length - 1; index >= 0; index -= 1) {
      const change = this.#changes[index];
      if (change === undefined || change.pos <= from) break;
      if (change.pos <= to) users.add(change.userId);
    }
    return users;
  }

  isOffline(userId: UserId): boolean {
    return (this.#users.get(userId)?.told ?? OFFLINE).presence === 'offline';
  }

  event(userId: UserId): JsonObject {
    const tracked = this.#users.get(userId);
    const content = tracked === undefined ? { presence: 'offline' } : presenceContent(tracked.state, this.#clock.now());
    return { type: 'm.presence', sender: userId, content: { ...content, ...tracked?.profile } };
  }

  #tracked(userId: UserId): Tracked {
    const known = this.#users.get(userId);
    if (known !== undefined) return known;
    const isLocal = this.#isLocal(userId);
    return { state: { wanted: 'offline', statusMsg: undefined, lastActive: 0, lastSeen: 0, isLocal }, told: OFFLINE, profile: {} };
  }

  /** Resolves when others can be told; undefined when there is nothing to tell. */
  #change(userId: UserId, state: PresenceState): Promise<void> | undefined {
    const tracked = this.#tracked(userId);
    tracked.state = state;
    const shown = shownPresence(state, this.#clock.now());
    // Last seen last: the oldest are forgotten first.
    this.#users.delete(userId);
    this.#users.set(userId, tracked);
    const told = sameShown(shown, tracked.told) ? undefined : this.#tell(userId, tracked, shown);
    if (this.#users.size > PRESENCE_USERS_MAX) {
      for (const oldest of this.#users.keys()) {
        this.#users.delete(oldest);
        break;
      }
    }
    return told;
  }

  #tell(userId: UserId, tracked: Tracked, shown: ShownPresence): Promise<void> {
    tracked.told = shown;
    this.#users.set(userId, tracked);
    return this.#announce(userId).catch((error: unknown) => this.#log.debug({ err: error, userId }, 'a change of presence was not told'));
  }

  async #announce(userId: UserId): Promise<void> {
    const rooms = await this.#rooms.roomsOf(userId);
    await this.#commits.commit({
      stream: STREAM,
      durability: 'memory',
      writes: [],
      rooms: [...rooms.values()].filter((room) => room.membership === 'join').map((room) => room.roomId),
      users: [userId],
      data: { userId },
      live: this,
      onCommitted: (pos) => this.#note(pos, userId),
    });
  }

  #note(pos: number, userId: UserId): void {
    this.#changes.push({ pos, userId });
    if (this.#changes.length <= PRESENCE_CHANGES_MAX) return;
    const dropped = Math.floor(this.#changes.length / 2);
    this.#floor = this.#changes[dropped - 1]?.pos ?? pos;
    this.#changes = this.#changes.slice(dropped);
  }

  #scheduleSweep(): void {
    this.#sweep = this.#clock.setTimeout(() => {
      const now = this.#clock.now();
      for (const [userId, tracked] of this.#users) {
        const shown = shownPresence(tracked.state, now);
        if (!sameShown(shown, tracked.told)) void this.#tell(userId, tracked, shown);
      }
      this.#scheduleSweep();
    }, SWEEP_MS);
  }
}
