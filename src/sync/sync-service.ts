import { parseSyncFilterParam } from '../core/filters/parse-filter.ts';
import type { SyncFilter } from '../core/filters/filter-types.ts';
import type { DeviceId, UserId } from '../core/ids/brands.ts';
import { MatrixError } from '../core/errors/matrix-error.ts';
import type { Clock } from '../platform/clock.ts';
import type { Metrics } from '../platform/metrics.ts';
import type { CommitPort } from '../plugin-api/commit.ts';
import type { PresenceSlot } from '../plugin-api/slots.ts';
import type { SyncStream } from '../plugin-api/sync-stream.ts';
import type { ClientEventSerializer } from '../rooms/client-event/client-event-serializer.ts';
import type { RoomReader } from '../rooms/room-reader.ts';
import { type AssembleDeps, type AssembleRequest, type Assembled, assemble } from './assemble.ts';
import { type CompiledFilter, NO_FILTER } from './compiled-filter.ts';
import { FilterCache } from './filter-cache.ts';
import { InitialAnswers } from './initial-answers.ts';
import { MemberMemory } from './member-memory.ts';
import { Notifier } from './notifier.ts';
import { RecentLog } from './recent-log.ts';
import type { IncomingRelationsPort } from './room-section/section-types.ts';
import type { StrippedStatePort } from './room-section/stripped-rooms.ts';
import { TO_DEVICE_STREAM } from './stream-names.ts';
import { parseSyncToken, type SyncPosition } from './sync-token.ts';
import type { WatchedUser } from './watched-user.ts';
import type { StateKey } from './write-response.ts';

/** Longest time that a request is held open, ms, whatever the client asks for. */
const SYNC_TIMEOUT_MS_MAX = 300_000;

/** `/sync` as the endpoint has read it. */
export interface SyncInput {
  readonly userId: UserId;
  readonly deviceId: DeviceId | null;
  /** Scope of the requester's transaction ids: the device id, or `token:<id>`. */
  readonly txnScope: string | null;
  readonly isGuest: boolean;
  readonly since: string | null;
  /** A filter id, or JSON text that begins with `{`. */
  readonly filter: string | null;
  readonly fullState: boolean;
  readonly setPresence: 'online' | 'unavailable' | 'offline';
  readonly timeoutMs: number;
  /** `['state']`, or the names of the section when the client asked for the state after the timeline. */
  readonly stateKeys: readonly StateKey[];
  /** Aborts when the client goes away. */
  readonly signal: AbortSignal;
}

export interface SyncServiceDeps {
  readonly reader: RoomReader;
  readonly commits: CommitPort;
  readonly serializer: ClientEventSerializer;
  /** In the order in which they are asked. */
  readonly streams: readonly SyncStream[];
  /** Null when no module keeps presence. */
  readonly presence: Pick<PresenceSlot, 'touch'> | null;
  readonly clock: Clock;
  readonly metrics: Metrics;
  /** A filter that the user has stored; null when there is none of this id. */
  readonly storedFilter: (userId: UserId, filterId: string) => Promise<SyncFilter | null>;
  /** Whom the user ignores (`m.ignored_user_list`); from memory. */
  readonly ignoredUsers: (userId: UserId) => ReadonlySet<UserId> | Promise<ReadonlySet<UserId>>;
  /** Whether the user takes no invites (`m.invite_permission_config`); asked only when there are some. */
  readonly invitesBlocked: (userId: UserId) => Promise<boolean>;
  readonly strippedState: StrippedStatePort;
  readonly incomingRelations: IncomingRelationsPort;
}

export interface SyncService {
  /**
   * JSON text of the answer.
   * Throws M_INVALID_PARAM for a malformed token or an unknown filter.
   */
  sync(input: SyncInput): Promise<string>;
  /** Answers parked requests, and lets no further one wait: for a server that stops. */
  drain(): void;
}

/**
 * `GET /sync`.
 * https://spec.matrix.org/v1.19/client-server-api/#syncing
 */
export function createSyncService(deps: SyncServiceDeps): SyncService {
  const { commits, clock, reader, streams } = deps;
  const notifier = new Notifier({
    commits,
    clock,
    roomsOf: (userId) => reader.roomsOf(userId),
    silentStreams: new Set(streams.filter((stream) => stream.wakes === false).map((stream) => stream.name)),
  });
  const recent = new RecentLog(commits.position);
  commits.onBatch((entries) => recent.record(entries));
  const memory = new MemberMemory();
  const filters = new FilterCache(deps.storedFilter);
  const initialAnswers = new InitialAnswers(clock);
  const assembleDeps: AssembleDeps = { ...deps, recent, memory };
  deps.metrics.observed({ name: 'sync_parked', help: 'Sync requests that wait for something to happen.', read: () => notifier.parked });
  deps.metrics.observed({ name: 'sync_watched_users', help: 'Users whose rooms the notifier has indexed.', read: () => notifier.watched });
  const seconds = deps.metrics.histogram({
    name: 'sync_assembly_seconds',
    help: 'Time to build one sync answer, without waiting.',
    labels: ['kind'],
  });

  const build = async (request: AssembleRequest, user: WatchedUser): Promise<Assembled & { to: number }> => {
    const snapshot = await notifier.snapshot(user);
    const start = clock.monotonic();
    const answer = await assemble(assembleDeps, request, snapshot);
    seconds.observe({ kind: request.since === null ? 'initial' : 'incremental' }, (clock.monotonic() - start) / 1000);
    return { ...answer, to: snapshot.to };
  };

  const poll = async (input: SyncInput, request: AssembleRequest): Promise<string> => {
    const deadline = clock.monotonic() + Math.min(input.timeoutMs, SYNC_TIMEOUT_MS_MAX);
    const user = notifier.hold(input.userId);
    if (request.since === null) notifier.renew(user);
    try {
      for (;;) {
        const answer = await build({ ...request, ignored: await deps.ignoredUsers(input.userId) }, user);
        const left = deadline - clock.monotonic();
        if (!answer.empty || request.fullState || left <= 0 || notifier.draining) return answer.text;
        await notifier.wait(user, answer.to, { timeoutMs: left, signal: input.signal });
        // Nobody reads this answer; it only has to be a valid one.
        if (input.signal.aborted) return answer.text;
      }
    } finally {
      notifier.release(user);
    }
  };

  return {
    drain: () => notifier.drain(),
    async sync(input) {
      const since = readSince(input.since, commits.position);
      const filter = input.filter === null ? NO_FILTER : await resolveFilter(filters, input.userId, input.filter);
      // Before the answer's place in the log is taken: a client's own coming back must not cut its next wait short.
      if (input.setPresence !== 'offline') await deps.presence?.touch(input.userId, input.setPresence);
      if (input.deviceId !== null) {
        memory.begin(input.userId, input.deviceId, since?.pos ?? null);
        if (since !== null) acknowledge(streams, input.userId, input.deviceId, since);
      }
      const request: AssembleRequest = {
        userId: input.userId,
        deviceId: input.deviceId,
        txnScope: input.txnScope,
        isGuest: input.isGuest,
        filter,
        stateAfter: !input.stateKeys.includes('state'),
        stateKeys: input.stateKeys,
        ignored: new Set(),
        since,
        fullState: input.fullState,
        signal: input.signal,
      };
      if (since !== null) return poll(input, request);
      // Shared by retries, so it does not stop when one of them goes away.
      const key = JSON.stringify([input.userId, input.deviceId, input.txnScope, filter.key, input.fullState, input.stateKeys]);
      return initialAnswers.share(key, input.signal, () => poll({ ...input, timeoutMs: 0 }, { ...request, signal: NEVER }));
    },
  };
}

const NEVER = new AbortController().signal;

/**
 * A token from beyond the end of the log was given out before the log lost its end (a restored backup). What the client has from there
 * is not ours any more, so it is given everything anew.
 */
function readSince(raw: string | null, position: number): SyncPosition | null {
  if (raw === null || raw === '') return null;
  const since = parseSyncToken(raw);
  if (since === null) throw new MatrixError('M_INVALID_PARAM', 'since is not a token of this server');
  return since.pos > position ? null : since;
}

async function resolveFilter(filters: FilterCache, userId: UserId, raw: string): Promise<CompiledFilter> {
  if (raw.startsWith('{')) return filters.inline(raw, parseSyncFilterParam);
  const stored = await filters.stored(userId, raw);
  if (stored === null) throw new MatrixError('M_INVALID_PARAM', 'There is no filter of this id');
  return stored;
}

function acknowledge(streams: readonly SyncStream[], userId: UserId, deviceId: DeviceId, since: SyncPosition): void {
  for (const stream of streams) {
    stream.acknowledge?.(userId, deviceId, stream.name === TO_DEVICE_STREAM ? since.toDevice : since.pos);
  }
}
