import type { EventProjection } from '../../core/filters/apply-event-fields.ts';
import type { RoomId, UserId } from '../../core/ids/brands.ts';
import type { JsonObject } from '../../core/json/json-value.ts';
import type { Clock } from '../../platform/clock.ts';
import { EVENT_FLAG, type StoredEvent } from '../../plugin-api/stored-event.ts';
import type { RoomReader, RoomView } from '../room-reader.ts';
import { contentOf } from './content-of.ts';
import { membershipsAt } from './memberships-at.ts';

/** Who is reading. */
export interface EventViewer {
  readonly userId: UserId;
  /** Scope of the reader's own transaction ids: the device id, or `token:<id>` without a device; null leaves `transaction_id` out. */
  readonly txnScope: string | null;
}

type Awaitable<T> = T | Promise<T>;

/** What the serialiser asks of others. Every answer covers a whole list of events, and comes from memory for recent events. */
export interface ClientEventPorts {
  readonly reader: Pick<RoomReader, 'clientText' | 'eventsByNum' | 'filterVisible' | 'redactionsOf' | 'txnIds' | 'view'>;
  readonly clock: Pick<Clock, 'now'>;
  /** JSON text of `m.relations` by event number; events without aggregated children are absent. */
  bundledRelations(options: {
    readonly userId: UserId;
    readonly roomId: RoomId;
    readonly events: readonly StoredEvent[];
  }): Awaitable<ReadonlyMap<number, string>>;
}

interface SerializeOptions {
  readonly viewer: EventViewer;
  readonly roomId: RoomId;
  /** Events of this one room that the viewer may see. */
  readonly events: readonly StoredEvent[];
  /** Default `client`. `federation` gives the PDU itself with the server's `unsigned`. */
  readonly format?: 'client' | 'federation';
  /** Whether `room_id` stands in the event: everywhere but in `/sync`. Default true. */
  readonly withRoomId?: boolean;
  /** `prev_content` and `replaces_state` of state events. Default true. */
  readonly withPrevious?: boolean;
  /** `unsigned.membership`. Default true. */
  readonly withMembership?: boolean;
  /** `m.relations`. Default true. */
  readonly withRelations?: boolean;
  /** `event_fields` of a filter, compiled. */
  readonly fields?: EventProjection | null;
  /** The viewer's newest member event in the room, when the caller has it. */
  readonly known?: { readonly num: number; readonly membership: string };
}

export interface ClientEventSerializer {
  /** JSON text of each event, in order. */
  serialize(options: SerializeOptions): Promise<string[]>;
  /** The same, parsed, for answers that are built as objects. */
  toObjects(options: SerializeOptions): Promise<JsonObject[]>;
}

const NONE: ReadonlyMap<number, never> = new Map<number, never>();

/**
 * Writes events as clients get them. The parts that are the same for every reader are text that is cached with the event
 * (`RoomReader.clientText`, previous contents); what belongs to one reader is spliced in, and nothing is parsed or stringified.
 * https://spec.matrix.org/v1.19/client-server-api/#room-event-format
 */
export function createClientEventSerializer(ports: ClientEventPorts): ClientEventSerializer {
  const serialize = async (options: SerializeOptions): Promise<string[]> => {
    const { roomId, events, format = 'client', withRoomId = true } = options;
    if (events.length === 0) return [];
    const extras = await loadExtras(ports, options);
    const now = ports.clock.now();
    const roomPart = format === 'client' && withRoomId ? `,"room_id":${JSON.stringify(roomId)}` : '';
    return events.map((event, index) => {
      const head = format === 'client' ? ports.reader.clientText(event) : event.json.slice(0, -1);
      const unsigned = unsignedText({ ports, event, now, extras, membership: extras.memberships[index] });
      const text = `${head}${roomPart},"unsigned":{${unsigned}}}`;
      return options.fields ? JSON.stringify(options.fields(JSON.parse(text) as JsonObject)) : text;
    });
  };
  return {
    serialize,
    toObjects: async (options) => (await serialize(options)).map((text) => JSON.parse(text) as JsonObject),
  };
}

interface Extras {
  readonly txnIds: ReadonlyMap<number, string>;
  readonly redactions: ReadonlyMap<number, StoredEvent>;
  readonly relations: ReadonlyMap<number, string>;
  /** Replaced state events by number, and which of them the viewer may see. */
  readonly previous: ReadonlyMap<number, StoredEvent>;
  readonly visiblePrevious: ReadonlySet<number>;
  readonly memberships: readonly (string | undefined)[];
}

async function loadExtras(ports: ClientEventPorts, options: SerializeOptions): Promise<Extras> {
  const { viewer, roomId, events, withPrevious = true, withMembership = true, withRelations = true } = options;
  const { userId, txnScope } = viewer;
  const own = txnScope === null ? [] : events.filter((event) => event.sender === userId).map((event) => event.num);
  const redacted = events.filter((event) => (event.flags & EVENT_FLAG.redacted) !== 0).map((event) => event.num);
  const replaced = withPrevious ? events.flatMap((event) => (event.replaces === null ? [] : [event.replaces])) : [];
  const [txnIds, redactions, relations, previous, memberships] = await Promise.all([
    own.length > 0 && txnScope !== null ? ports.reader.txnIds({ userId, scope: txnScope, roomId, nums: own }) : NONE,
    redacted.length > 0 ? ports.reader.redactionsOf(roomId, redacted) : NONE,
    withRelations ? ports.bundledRelations({ userId, roomId, events }) : NONE,
    replaced.length > 0 ? ports.reader.eventsByNum(roomId, [...new Set(replaced)]) : [],
    withMembership ? viewerMemberships(ports, options) : [],
  ]);
  const visible = previous.length > 0 ? await ports.reader.filterVisible(userId, roomId, previous) : [];
  return {
    txnIds,
    redactions,
    relations,
    previous: new Map(previous.map((event) => [event.num, event])),
    visiblePrevious: new Set(visible.map((event) => event.num)),
    memberships,
  };
}

async function viewerMemberships(ports: ClientEventPorts, options: SerializeOptions): Promise<(string | undefined)[]> {
  const view: RoomView | null = await ports.reader.view(options.roomId);
  if (view === null) return [];
  return membershipsAt({ reader: ports.reader, view, userId: options.viewer.userId, events: options.events, known: options.known });
}

function unsignedText(input: {
  ports: ClientEventPorts;
  event: StoredEvent;
  now: number;
  extras: Extras;
  membership: string | undefined;
}): string {
  const { ports, event, now, extras, membership } = input;
  let text = `"age":${now - event.ts}`;
  if (membership !== undefined) text += `,"membership":${JSON.stringify(membership)}`;
  const previous = event.replaces === null ? undefined : extras.previous.get(event.replaces);
  if (previous !== undefined) {
    // The id of the replaced event is not a secret, its content may be.
    if (extras.visiblePrevious.has(previous.num)) text += `,"prev_content":${contentText(previous)}`;
    text += `,"replaces_state":${JSON.stringify(previous.eventId)}`;
  }
  const redaction = extras.redactions.get(event.num);
  if (redaction !== undefined) {
    text += `,"redacted_because":${ports.reader.clientText(redaction)},"unsigned":{"age":${now - redaction.ts}}}`;
  }
  const txnId = extras.txnIds.get(event.num);
  if (txnId !== undefined) text += `,"transaction_id":${JSON.stringify(txnId)}`;
  const relations = extras.relations.get(event.num);
  if (relations !== undefined) text += `,"m.relations":${relations}`;
  return text;
}

const contentTexts = new WeakMap<StoredEvent, string>();

function contentText(event: StoredEvent): string {
  let text = contentTexts.get(event);
  if (text === undefined) {
    text = JSON.stringify(contentOf(event));
    contentTexts.set(event, text);
  }
  return text;
}
