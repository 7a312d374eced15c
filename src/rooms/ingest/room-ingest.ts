import type { VerifyKey } from '../../core/crypto/ed25519.ts';
import { requiredSigners } from '../../core/events/required-signers.ts';
import type { Pdu } from '../../core/events/pdu.ts';
import type { RoomId, ServerName } from '../../core/ids/brands.ts';
import { isJsonObject, type JsonObject } from '../../core/json/json-value.ts';
import type { RoomVersion } from '../../core/room-versions/room-version.ts';
import type { ActorDirectory } from '../actor/actor-directory.ts';
import type { RoomActor } from '../actor/room-actor.ts';
import type { RoomPorts } from '../ports.ts';
import { RoomStates, type RoomStatesDeps } from '../resolve/room-states.ts';
import { ingestEvent } from './ingest-event.ts';
import type { IngestOutcome } from './ingest-outcome.ts';
import type { PduSubject } from './pdu-subject.ts';

/** PDUs that one call takes. */
const INGEST_PDUS_MAX = 50;
/** Keys of one server that one event's signatures are tried with. */
const KEYS_PER_SERVER_MAX = 32;

/** Public keys of servers; wired by `app/`. */
export interface KeyRing {
  /** Keys valid at a time (ms), or at any time where the room version does not ask; unknown ones are left out. */
  find(wanted: readonly { server: ServerName; keyId: string; validAt: number | null }[]): Promise<ReadonlyMap<string, VerifyKey>>;
}

export function keyRingEntry(server: ServerName, keyId: string): string {
  return `${server} ${keyId}`;
}

export interface RoomIngestDeps {
  readonly actors: ActorDirectory;
  readonly states: RoomStatesDeps;
  readonly keys: KeyRing;
  readonly check: RoomPorts['check'];
}

/**
 * The door for events that this server did not just make: from other servers, and events of our own that build on an older part of the
 * graph. Answers one outcome per PDU, in order, once everything that was accepted is on disk.
 */
export class RoomIngest {
  readonly #deps: RoomIngestDeps;
  readonly #states = new WeakMap<RoomActor, RoomStates>();

  constructor(deps: RoomIngestDeps) {
    this.#deps = deps;
  }

  /** @throws MatrixError `M_NOT_FOUND` for a room that this server does not know */
  async receive(request: { roomId: RoomId; origin: ServerName; pdus: readonly JsonObject[] }): Promise<IngestOutcome[]> {
    const { roomId, origin, pdus } = request;
    if (pdus.length > INGEST_PDUS_MAX) throw new Error(`at most ${INGEST_PDUS_MAX} PDUs at a time`);
    return this.#deps.actors.with(roomId, async (actor) => {
      const keys = await this.#keysOf(pdus, actor.version);
      const running: Promise<IngestOutcome>[] = [];
      for (const raw of pdus) {
        const subject: PduSubject = {
          version: actor.version,
          origin,
          raw,
          keys: (server, keyId) => keys.get(keyRingEntry(server, keyId)),
          check: this.#deps.check,
          pdu: null,
          json: '',
          event: null,
          cited: [],
          implied: null,
          stateBefore: null,
          currentState: null,
        };
        const step = await actor.exclusive(async () => {
          try {
            return await ingestEvent(subject, 'remote', { actor, states: this.#statesOf(actor) });
          } catch (error) {
            // The head may have moved half way.
            actor.abandon();
            throw error;
          }
        });
        // The next event may build on this one at once; the disk is waited for below, whatever becomes of the events in between.
        const outcome = 'committed' in step ? step.committed : Promise.resolve(step);
        outcome.catch(() => undefined);
        running.push(outcome);
      }
      return Promise.all(running);
    });
  }

  #statesOf(actor: RoomActor): RoomStates {
    let states = this.#states.get(actor);
    if (states === undefined) {
      const made = new RoomStates(actor, this.#deps.states);
      made.keep(actor.head.chain);
      actor.onAppend = (event) => {
        made.appended(event);
        made.keep(actor.head.chain);
      };
      this.#states.set(actor, made);
      states = made;
    }
    return states;
  }

  async #keysOf(pdus: readonly JsonObject[], version: RoomVersion): Promise<ReadonlyMap<string, VerifyKey>> {
    const wanted: { server: ServerName; keyId: string; validAt: number | null }[] = [];
    for (const pdu of pdus) {
      const { signatures, sender, type, origin_server_ts: ts } = pdu;
      if (!isJsonObject(signatures) || typeof sender !== 'string' || typeof type !== 'string') continue;
      for (const server of signersOf(pdu, version)) {
        const own = Object.hasOwn(signatures, server) ? signatures[server] : undefined;
        if (!isJsonObject(own)) continue;
        const validAt = version.enforceKeyValidity && typeof ts === 'number' ? ts : null;
        for (const keyId of Object.keys(own).slice(0, KEYS_PER_SERVER_MAX)) wanted.push({ server, keyId, validAt });
      }
    }
    return this.#deps.keys.find(wanted);
  }
}

/** Whose keys will be needed; nothing for an event that is too malformed to say. */
function signersOf(pdu: JsonObject, version: RoomVersion): ServerName[] {
  if (!isJsonObject(pdu['content'])) return [];
  return requiredSigners(pdu as Pdu, version);
}
