import type { Sql } from 'postgres';
import { canonicalJson } from '../../src/core/json/canonical-json.ts';
import type { SyncPicture } from './durability-chain.ts';
import type { AckedEvent, DurabilityLoad, LoadDevice } from './durability-load.ts';
import type { Wire } from './durability-wire.ts';

const CLIENT = '/_matrix/client/v3';
/** Acknowledged events of each device that are sent once more in each round. */
const REPEATS_PER_ROUND = 5;

interface StoredRow {
  readonly roomId: string;
  readonly eventId: string;
  readonly seq: number;
  readonly pos: number;
  readonly json: string;
}

/** Holds what the clients were told against what is stored and what the server answers now. Each fault is a sentence. */
export class DurabilityChecks {
  /** Event ids of each room in the order of their arrival, as stored. */
  readonly #timelines = new Map<string, string[]>();
  readonly #texts = new Map<string, string>();
  #lastPos = 0;
  #lastLogPos = 0;

  /** The load is quiet: everything was answered, and every chain has seen everything. */
  async run(load: DurabilityLoad, wire: Wire, sql: Sql): Promise<string[]> {
    const faults = load.faults.splice(0);
    const fault = (text: string): void => void faults.push(text);
    await this.#readStored(sql, fault);
    await this.#checkLog(sql, fault);
    for (const device of load.devices) {
      this.#checkSent(device, fault);
      const fresh = await device.chain.fresh();
      this.#checkChain(device, fresh, fault);
      checkState(device, fresh, fault);
      checkAccountData(device, fresh, fault);
      checkToDevice(load, device, fault);
      await checkKeys(load, device, wire, fault);
      for (let i = 0; i < REPEATS_PER_ROUND && device.sent.length > 0; i++) {
        await load.repeat(device, device.sent[Math.floor((device.sent.length * i) / REPEATS_PER_ROUND)] as AckedEvent);
      }
    }
    await this.#checkVisitor(load, fault);
    faults.push(...load.faults.splice(0));
    return faults;
  }

  async #readStored(sql: Sql, fault: (text: string) => void): Promise<void> {
    const rows = await sql<StoredRow[]>`
      select r.room_id as "roomId", e.event_id as "eventId", e.seq, e.pos, e.json from event e join room r on r.nid = e.room_nid
      where e.seq is not null and e.pos > ${this.#lastPos} order by e.room_nid, e.seq`;
    let last = this.#lastPos;
    const posOf = new Map<string, number>();
    for (const { roomId, eventId, seq, pos, json } of rows) {
      const timeline = this.#timelines.get(roomId) ?? [];
      this.#timelines.set(roomId, timeline);
      timeline.push(eventId);
      if (timeline.length !== seq) fault(`${roomId}: arrival ${seq} is the ${timeline.length}th event`);
      if (pos <= (posOf.get(roomId) ?? 0)) fault(`${roomId}: arrival ${seq} has the position ${pos}, which is not after the one before`);
      posOf.set(roomId, pos);
      last = Math.max(last, pos);
      const { type, content } = JSON.parse(json);
      if (type !== 'm.room.message') continue;
      const key = `${roomId} ${content.body}`;
      if (this.#texts.has(key)) fault(`${roomId}: "${content.body}" is stored twice`);
      this.#texts.set(key, eventId);
    }
    this.#lastPos = last;
  }

  /** Every batch of the log begins where the one before it ended. */
  async #checkLog(sql: Sql, fault: (text: string) => void): Promise<void> {
    const rows = await sql<{ from: number; to: number }[]>`
      select from_pos as "from", to_pos as "to" from commit_log where to_pos >= ${this.#lastLogPos} order by to_pos`;
    rows.forEach((row, index) => {
      const before = rows[index - 1];
      if (before !== undefined && row.from !== before.to) fault(`the log has a hole between ${before.to} and ${row.from}`);
    });
    this.#lastLogPos = rows.at(-1)?.to ?? 0;
  }

  #checkSent(device: LoadDevice, fault: (text: string) => void): void {
    for (const { roomId, eventId, text } of device.sent) {
      const stored = this.#texts.get(`${roomId} ${text}`);
      if (stored !== eventId) fault(`"${text}" was acknowledged as ${eventId} and is stored as ${stored ?? 'nothing'}`);
    }
  }

  #checkChain(device: LoadDevice, fresh: SyncPicture, fault: (text: string) => void): void {
    const { picture } = device.chain;
    if (picture.gaps > 0) fault(`${device.name}: an incremental sync left out events`);
    picture.gaps = 0;
    if (picture.rooms.size !== fresh.rooms.size)
      fault(`${device.name}: ${picture.rooms.size} rooms by the chain, ${fresh.rooms.size} afresh`);
    for (const [roomId, room] of fresh.rooms) {
      const chained = picture.rooms.get(roomId);
      if (chained === undefined) {
        fault(`${device.name}: the chain does not know ${roomId}`);
        continue;
      }
      const state = (map: ReadonlyMap<string, string>): string => canonicalJson(Object.fromEntries(map));
      if (state(chained.state) !== state(room.state)) fault(`${device.name}: another state of ${roomId} by the chain than afresh`);
      const stored = this.#timelines.get(roomId) ?? [];
      if (stored.slice(-room.timeline.length).join() !== room.timeline.join())
        fault(`${device.name}: a fresh timeline of ${roomId} is not what is stored`);
      if (stored.slice(-chained.timeline.length).join() !== chained.timeline.join()) {
        const odd = chained.timeline.findIndex((id, index) => id !== stored[stored.length - chained.timeline.length + index]);
        fault(
          `${device.name}: the chain's timeline of ${roomId} is not what is stored, from its event ${odd} of ${chained.timeline.length} on`,
        );
      }
    }
  }

  async #checkVisitor(load: DurabilityLoad, fault: (text: string) => void): Promise<void> {
    const { userId, joined } = load.visitor;
    const [roomId = ''] = load.rooms;
    const [device] = load.devices;
    const eventId = device?.chain.picture.rooms.get(roomId)?.state.get(`m.room.member|${userId}`);
    const timeline = this.#timelines.get(roomId) ?? [];
    if (eventId === undefined ? joined : !timeline.includes(eventId)) fault(`the membership of ${userId} is not what is stored`);
  }
}

function checkState(device: LoadDevice, fresh: SyncPicture, fault: (text: string) => void): void {
  for (const [roomId, { n, eventId }] of device.state) {
    const current = fresh.rooms.get(roomId)?.state.get(`test.count|${device.name}`);
    if (current !== eventId)
      fault(`${roomId}: state ${n} of ${device.name} was acknowledged as ${eventId} and is ${current ?? 'not there'}`);
  }
}

function checkAccountData(device: LoadDevice, fresh: SyncPicture, fault: (text: string) => void): void {
  const type = `test.${device.name}`;
  const expected = device.accountData === 0 ? undefined : JSON.stringify({ n: device.accountData });
  for (const [how, picture] of [
    ['afresh', fresh],
    ['by the chain', device.chain.picture],
  ] as const) {
    const got = picture.accountData.get(type);
    if (got !== expected) fault(`${type}: ${expected ?? 'nothing'} was acknowledged and ${how} it is ${got ?? 'nothing'}`);
  }
}

/** From each sender 1, 2, 3, … up to the last one acknowledged. */
function checkToDevice(load: DurabilityLoad, device: LoadDevice, fault: (text: string) => void): void {
  const seen = new Map<string, number>();
  for (const { from, n } of device.chain.picture.toDevice) {
    const expected = (seen.get(from) ?? 0) + 1;
    if (n !== expected) fault(`${device.name} got message ${n} of ${from} where ${expected} was due`);
    seen.set(from, n);
  }
  for (const sender of load.devices) {
    const last = sender.messagesTo.get(device.name) ?? 0;
    if ((seen.get(sender.name) ?? 0) !== last)
      fault(`${device.name} got ${seen.get(sender.name) ?? 0} of ${last} messages of ${sender.name}`);
  }
}

async function checkKeys(load: DurabilityLoad, device: LoadDevice, wire: Wire, fault: (text: string) => void): Promise<void> {
  const { userId, deviceId, token, name } = device;
  const { device_keys: published } = await wire.ok(token, 'POST', `${CLIENT}/keys/query`, { device_keys: { [userId]: [deviceId] } });
  const { unsigned: _, ...keys } = published[userId]?.[deviceId] ?? {};
  if (canonicalJson(keys) !== canonicalJson(JSON.parse(device.deviceKeys))) fault(`${name}: its device keys are not what was uploaded`);

  const claimed = load.claimed.get(name) ?? [];
  const once = claimed.filter((key) => !device.reuploadedKeys.has(key));
  if (new Set(once).size !== once.length) fault(`${name}: a one-time key was given out twice`);
  const unknown = claimed.filter((key) => !device.uploadedKeys.has(key));
  if (unknown.length > 0) fault(`${name}: keys were given out that nobody uploaded: ${unknown.join()}`);
  const { one_time_key_counts: counts } = await wire.ok(token, 'POST', `${CLIENT}/keys/upload`, {});
  const count: number = counts.signed_curve25519 ?? 0;
  const known = device.uploadedKeys.size;
  const least = known - claimed.length - (load.lostClaims.get(name) ?? 0);
  const most = known - new Set(once).size;
  if (count < least || count > most) fault(`${name}: ${count} one-time keys are left, it should be ${least} to ${most}`);
}
