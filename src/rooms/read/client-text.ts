import type { Pdu } from '../../core/events/pdu.ts';
import type { JsonObject } from '../../core/json/json-value.ts';
import type { StoredEvent } from '../../plugin-api/stored-event.ts';

/** Keys of a PDU that clients get, besides the id. */
const CLIENT_KEYS = new Set(['content', 'origin_server_ts', 'redacts', 'sender', 'state_key', 'type']);

/**
 * The event in client format, without `room_id` and `unsigned`, up to before the closing brace: `{"content":…,"event_id":…,"type":"…"`.
 * Cut out of the stored text: an event is not parsed to be served.
 *
 * @see https://spec.matrix.org/v1.19/client-server-api/#room-event-format
 */
export function clientText(event: StoredEvent): string {
  if (event.type === 'm.room.redaction') return redactionText(event);
  let text = `{"event_id":${JSON.stringify(event.eventId)}`;
  eachTopLevelEntry(event.json, (key, start, end) => {
    if (CLIENT_KEYS.has(key)) text += `,${event.json.slice(start, end)}`;
  });
  return text;
}

/**
 * Clients of every age find the target: `redacts` stands beside the content and in it, whatever the room version stores.
 * https://spec.matrix.org/v1.19/client-server-api/#mroomredaction
 */
function redactionText(event: StoredEvent): string {
  const pdu = JSON.parse(event.json) as Pdu;
  const redacts = pdu.redacts ?? pdu.content['redacts'];
  const client: JsonObject = {
    event_id: event.eventId,
    content: redacts === undefined ? pdu.content : { ...pdu.content, redacts },
    origin_server_ts: pdu.origin_server_ts,
    sender: pdu.sender,
    type: pdu.type,
    ...(redacts === undefined ? {} : { redacts }),
    ...(pdu.state_key === undefined ? {} : { state_key: pdu.state_key }),
  };
  return JSON.stringify(client).slice(0, -1);
}

/** Calls back with each entry of a canonical JSON object: its key, and where `"key":value` begins and ends. */
function eachTopLevelEntry(json: string, entry: (key: string, start: number, end: number) => void): void {
  let at = 1;
  while (json.charCodeAt(at) === QUOTE) {
    const start = at;
    const keyEnd = endOfString(json, at);
    const key = json.slice(at + 1, keyEnd - 1);
    // Canonical JSON has no white space: a colon, then the value.
    const end = endOfValue(json, keyEnd + 1);
    entry(key, start, end);
    at = end + 1;
  }
}

const QUOTE = 0x22;
const BACKSLASH = 0x5c;
const COMMA = 0x2c;
const OPEN_BRACE = 0x7b;
const CLOSE_BRACE = 0x7d;
const OPEN_BRACKET = 0x5b;
const CLOSE_BRACKET = 0x5d;

/** Index after the closing quote of the string that begins at `at`. */
function endOfString(json: string, at: number): number {
  for (let i = at + 1; ; ) {
    const quote = json.indexOf('"', i);
    if (quote === -1) throw new Error('stored JSON ends inside a string');
    let backslashes = 0;
    while (json.charCodeAt(quote - 1 - backslashes) === BACKSLASH) backslashes++;
    if (backslashes % 2 === 0) return quote + 1;
    i = quote + 1;
  }
}

/** Index after the value that begins at `at`. */
function endOfValue(json: string, at: number): number {
  let depth = 0;
  for (let i = at; i < json.length; i++) {
    switch (json.charCodeAt(i)) {
      case QUOTE:
        i = endOfString(json, i) - 1;
        if (depth === 0) return i + 1;
        break;
      case OPEN_BRACE:
      case OPEN_BRACKET:
        depth++;
        break;
      case CLOSE_BRACE:
      case CLOSE_BRACKET:
        // The end of the object around a number or a literal.
        if (depth === 0) return i;
        if (--depth === 0) return i + 1;
        break;
      case COMMA:
        if (depth === 0) return i;
    }
  }
  throw new Error('stored JSON ends inside a value');
}
