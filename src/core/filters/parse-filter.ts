import type { ErrorCode } from '../errors/error-codes.ts';
import { MatrixError } from '../errors/matrix-error.ts';
import { isJsonObject, type JsonObject, type JsonValue } from '../json/json-value.ts';
import {
  type EventFilter,
  FILTER_EVENT_FIELDS_MAX,
  FILTER_LIMIT_MAX,
  FILTER_LIST_ENTRIES_MAX,
  type RoomEventFilter,
  type RoomFilter,
  type SyncFilter,
} from './filter-types.ts';

/** What a refusal is called: M_BAD_JSON for a body, M_INVALID_PARAM for a filter inside a query parameter. */
export interface FilterRefusal {
  readonly errcode: Extract<ErrorCode, 'M_BAD_JSON' | 'M_INVALID_PARAM'>;
}

const IN_BODY: FilterRefusal = { errcode: 'M_BAD_JSON' };
const IN_QUERY: FilterRefusal = { errcode: 'M_INVALID_PARAM' };

/**
 * Checks a sync filter. Unknown keys are ignored; a known key of the wrong shape throws the MatrixError of `refusal`.
 * https://spec.matrix.org/v1.19/client-server-api/#post_matrixclientv3useruseridfilter
 */
export function parseSyncFilter(raw: unknown, refusal: FilterRefusal = IN_BODY): SyncFilter {
  const reader = new FilterReader(raw, 'filter', refusal);
  return {
    eventFields: reader.strings('event_fields', { entriesMax: FILTER_EVENT_FIELDS_MAX }),
    eventFormat: reader.oneOf('event_format', ['client', 'federation']) ?? 'client',
    presence: readEventFilter(reader.child('presence')),
    accountData: readEventFilter(reader.child('account_data')),
    room: readRoomFilter(reader.child('room')),
  };
}

/** Checks a RoomEventFilter, e.g. the one in the body of `/search`. */
export function parseRoomEventFilter(raw: unknown, refusal: FilterRefusal = IN_BODY): RoomEventFilter {
  return readRoomEventFilter(new FilterReader(raw, 'filter', refusal));
}

/** The `filter` query parameter of `/messages` and `/context`: a RoomEventFilter as JSON text. */
export function parseRoomEventFilterParam(text: string): RoomEventFilter {
  return parseRoomEventFilter(parseJsonParam(text), IN_QUERY);
}

/** The `filter` query parameter of `/sync` when it starts with `{`: a whole filter as JSON text. Otherwise the parameter is a filter id. */
export function parseSyncFilterParam(text: string): SyncFilter {
  return parseSyncFilter(parseJsonParam(text), IN_QUERY);
}

function parseJsonParam(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (cause) {
    throw new MatrixError('M_INVALID_PARAM', 'The filter is not JSON', { cause });
  }
}

function readRoomFilter(reader: FilterReader): RoomFilter {
  return {
    rooms: reader.strings('rooms', { sigil: '!' }),
    notRooms: reader.strings('not_rooms', { sigil: '!' }) ?? [],
    includeLeave: reader.flag('include_leave') ?? false,
    timeline: readRoomEventFilter(reader.child('timeline')),
    state: readRoomEventFilter(reader.child('state')),
    ephemeral: readRoomEventFilter(reader.child('ephemeral')),
    accountData: readRoomEventFilter(reader.child('account_data')),
  };
}

function readRoomEventFilter(reader: FilterReader): RoomEventFilter {
  return {
    ...readEventFilter(reader),
    rooms: reader.strings('rooms', { sigil: '!' }),
    notRooms: reader.strings('not_rooms', { sigil: '!' }) ?? [],
    containsUrl: reader.flag('contains_url'),
    lazyLoadMembers: reader.flag('lazy_load_members') ?? false,
    includeRedundantMembers: reader.flag('include_redundant_members') ?? false,
    unreadThreadNotifications: reader.flag('unread_thread_notifications') ?? false,
    relatedBySenders: reader.strings('related_by_senders', { sigil: '@' }),
    relatedByRelTypes: reader.strings('related_by_rel_types'),
  };
}

function readEventFilter(reader: FilterReader): EventFilter {
  return {
    limit: reader.limit('limit'),
    types: reader.strings('types'),
    notTypes: reader.strings('not_types') ?? [],
    senders: reader.strings('senders', { sigil: '@' }),
    notSenders: reader.strings('not_senders', { sigil: '@' }) ?? [],
  };
}

/** Reads one JSON object of a filter key by key and refuses with the path of what is wrong. */
class FilterReader {
  readonly #object: JsonObject;
  readonly #path: string;
  readonly #refusal: FilterRefusal;

  constructor(raw: unknown, path: string, refusal: FilterRefusal) {
    this.#path = path;
    this.#refusal = refusal;
    if (!isJsonObject(raw)) throw this.#refuse(path, 'must be an object');
    this.#object = raw;
  }

  /** The object below a key; an absent one reads like an empty one. */
  child(key: string): FilterReader {
    const value = this.#get(key);
    return new FilterReader(value === undefined ? {} : value, `${this.#path}.${key}`, this.#refusal);
  }

  strings(key: string, limits: { sigil?: string; entriesMax?: number } = {}): readonly string[] | undefined {
    const value = this.#get(key);
    if (value === undefined) return undefined;
    const path = `${this.#path}.${key}`;
    if (!Array.isArray(value)) throw this.#refuse(path, 'must be a list');
    if (value.length > (limits.entriesMax ?? FILTER_LIST_ENTRIES_MAX)) throw this.#refuse(path, 'has too many entries');
    return value.map((entry) => {
      if (typeof entry !== 'string') throw this.#refuse(path, 'must hold strings');
      if (limits.sigil !== undefined && !entry.startsWith(limits.sigil))
        throw this.#refuse(path, `must hold identifiers that start with ${limits.sigil}`);
      return entry;
    });
  }

  flag(key: string): boolean | undefined {
    const value = this.#get(key);
    if (value !== undefined && typeof value !== 'boolean') throw this.#refuse(`${this.#path}.${key}`, 'must be true or false');
    return value;
  }

  /** The specification asks for a number above 0; 0 is common among clients (a sync without timeline) and taken literally. */
  limit(key: string): number | undefined {
    const value = this.#get(key);
    if (value === undefined) return undefined;
    if (typeof value !== 'number' || !Number.isSafeInteger(value) || value < 0) {
      throw this.#refuse(`${this.#path}.${key}`, 'must be a whole number that is not negative');
    }
    return Math.min(value, FILTER_LIMIT_MAX);
  }

  oneOf<const Choice extends string>(key: string, choices: readonly Choice[]): Choice | undefined {
    const value = this.#get(key);
    if (value === undefined) return undefined;
    const choice = choices.find((candidate) => candidate === value);
    if (choice === undefined) throw this.#refuse(`${this.#path}.${key}`, `must be one of ${choices.join(', ')}`);
    return choice;
  }

  #get(key: string): JsonValue | undefined {
    return Object.hasOwn(this.#object, key) ? this.#object[key] : undefined;
  }

  #refuse(path: string, problem: string): MatrixError {
    return new MatrixError(this.#refusal.errcode, `${path} ${problem}`);
  }
}
