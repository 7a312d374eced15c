import { setTimeout as sleep } from 'node:timers/promises';
import { SyncChain } from './durability-chain.ts';
import type { Wire } from './durability-wire.ts';
import { deviceKeysOf } from './e2ee-device.ts';

const PASSWORD = 'correct horse battery staple';
const USERS = 4;
const DEVICES_PER_USER = 2;
const ROOMS = 4;
/** Longest pause of a device between two requests, ms. */
const PAUSE_MS_MAX = 15;
const CLIENT = '/_matrix/client/v3';

/** An event that the server has acknowledged. */
export interface AckedEvent {
  readonly roomId: string;
  readonly txnId: string;
  readonly eventId: string;
  readonly text: string;
}

export interface LoadDevice {
  readonly name: string;
  readonly userId: string;
  readonly deviceId: string;
  readonly token: string;
  readonly chain: SyncChain;
  readonly deviceKeys: string;
  readonly sent: AckedEvent[];
  /** Last number acknowledged: by room for state, by type for account data, by receiving device for messages. */
  readonly state: Map<string, { n: number; eventId: string }>;
  accountData: number;
  readonly messagesTo: Map<string, number>;
  /** One-time keys: acknowledged uploads, and those that were uploaded more than once because an answer was lost. */
  readonly uploadedKeys: Set<string>;
  readonly reuploadedKeys: Set<string>;
}

export interface LoadCounts {
  events: number;
  repeated: number;
  states: number;
  messages: number;
  keys: number;
  claims: number;
  accountData: number;
  joins: number;
}

/**
 * Several people with several devices each who do everything that must survive a crash, each device one thing at a time. A request that
 * gets no answer is sent again with the same transaction id until it is answered.
 */
export class DurabilityLoad {
  readonly devices: LoadDevice[] = [];
  readonly rooms: string[] = [];
  readonly counts: LoadCounts = { events: 0, repeated: 0, states: 0, messages: 0, keys: 0, claims: 0, accountData: 0, joins: 0 };
  /** Keys that were given out, by owner device. */
  readonly claimed = new Map<string, string[]>();
  /** Claims without an answer: each may have used up a key. */
  readonly lostClaims = new Map<string, number>();
  readonly faults: string[] = [];
  readonly #wire: Wire;
  readonly #random: () => number;
  #visitor = { token: '', userId: '', joined: false };
  #paused = true;
  #stopped = false;
  #next = 0;
  #busy = new Set<Promise<void>>();
  readonly #loops: Promise<void>[] = [];

  constructor(wire: Wire, random: () => number) {
    this.#wire = wire;
    this.#random = random;
  }

  /** Accounts, devices, keys and rooms; then every device's chain and its own loop start, the loops paused. */
  async setUp(): Promise<void> {
    for (let user = 0; user < USERS; user++) {
      for (let device = 0; device < DEVICES_PER_USER; device++) this.devices.push(await this.#signIn(`user${user}`, device));
    }
    const visitor = await this.#account('visitor', 0);
    this.#visitor = { token: visitor.access_token, userId: visitor.user_id, joined: false };
    const [owner] = this.devices;
    if (owner === undefined) return;
    for (let room = 0; room < ROOMS; room++) {
      const power = { state_default: 0, users_default: 0 };
      const created = await this.#wire.ok(owner.token, 'POST', `${CLIENT}/createRoom`, {
        preset: 'public_chat',
        power_level_content_override: power,
      });
      this.rooms.push(created.room_id);
      for (const { token } of this.devices.filter((_, index) => index % DEVICES_PER_USER === 0).slice(1)) {
        await this.#wire.ok(token, 'POST', `${CLIENT}/join/${encodeURIComponent(created.room_id)}`, {});
      }
    }
    for (const device of this.devices) {
      this.#loops.push(this.#guard(device.chain.run()));
      this.#loops.push(this.#guard(this.#loop(() => this.#act(device))));
    }
    this.#loops.push(this.#guard(this.#loop(() => this.#visit())));
  }

  resume(): void {
    this.#paused = false;
  }

  /** Resolves when every request is answered and every chain has seen everything. */
  async quiesce(): Promise<void> {
    this.#paused = true;
    while (this.#busy.size > 0) await Promise.all(this.#busy);
    await Promise.all(this.devices.map((device) => device.chain.drain()));
  }

  async stop(): Promise<void> {
    this.#stopped = true;
    for (const device of this.devices) device.chain.stop();
    await Promise.all(this.#loops);
  }

  get visitor(): { userId: string; joined: boolean } {
    return this.#visitor;
  }

  /** Sends an acknowledged event once more; the answer must be the first one's. */
  async repeat(device: LoadDevice, event: AckedEvent): Promise<void> {
    this.counts.repeated++;
    this.#sameId(event.eventId, await this.#put(device, event), event);
  }

  async #loop(step: () => Promise<void>): Promise<void> {
    while (!this.#stopped) {
      if (!this.#paused) {
        const work = step();
        this.#busy.add(work);
        await work.finally(() => this.#busy.delete(work));
      }
      await sleep(1 + this.#random() * PAUSE_MS_MAX);
    }
  }

  async #guard(loop: Promise<void>): Promise<void> {
    try {
      await loop;
    } catch (error) {
      this.faults.push(String(error));
    }
  }

  async #act(device: LoadDevice): Promise<void> {
    const dice = this.#random();
    if (dice < 0.6) await this.#say(device);
    else if (dice < 0.72) await this.#toDevice(device);
    else if (dice < 0.82) await this.#setState(device);
    else if (dice < 0.9) await this.#setAccountData(device);
    else if (dice < 0.95) await this.#uploadKeys(device);
    else await this.#claim(device);
  }

  async #say(device: LoadDevice): Promise<void> {
    const n = this.#next++;
    const request = { roomId: this.#pick(this.rooms), txnId: `t${n}`, text: `${device.name} says ${n}` };
    const twice = this.#random() < 0.1;
    const [eventId, again] = await Promise.all([this.#put(device, request), twice ? this.#put(device, request) : null]);
    if (again !== null) this.#sameId(eventId, again, request);
    device.sent.push({ ...request, eventId });
    this.counts.events++;
    if (this.#random() < 0.05) await this.repeat(device, this.#pick(device.sent));
  }

  async #put(device: LoadDevice, { roomId, txnId, text }: Omit<AckedEvent, 'eventId'>): Promise<string> {
    const path = `${CLIENT}/rooms/${encodeURIComponent(roomId)}/send/m.room.message/${txnId}`;
    return (await this.#wire.ok(device.token, 'PUT', path, { msgtype: 'm.text', body: text })).event_id;
  }

  #sameId(first: string, second: string, what: Omit<AckedEvent, 'eventId'>): void {
    if (first !== second) this.faults.push(`transaction ${what.txnId} (${what.text}) was answered with ${first} and with ${second}`);
  }

  async #toDevice(device: LoadDevice): Promise<void> {
    const target = this.#pick(this.devices);
    const n = (device.messagesTo.get(target.name) ?? 0) + 1;
    const messages = { [target.userId]: { [target.deviceId]: { from: device.name, n } } };
    await this.#wire.ok(device.token, 'PUT', `${CLIENT}/sendToDevice/test.count/m${this.#next++}`, { messages });
    device.messagesTo.set(target.name, n);
    this.counts.messages++;
  }

  async #setState(device: LoadDevice): Promise<void> {
    const roomId = this.#pick(this.rooms);
    const n = (device.state.get(roomId)?.n ?? 0) + 1;
    const path = `${CLIENT}/rooms/${encodeURIComponent(roomId)}/state/test.count/${device.name}`;
    const { event_id: eventId } = await this.#wire.ok(device.token, 'PUT', path, { n });
    device.state.set(roomId, { n, eventId });
    this.counts.states++;
  }

  async #setAccountData(device: LoadDevice): Promise<void> {
    const n = device.accountData + 1;
    const path = `${CLIENT}/user/${encodeURIComponent(device.userId)}/account_data/test.${device.name}`;
    await this.#wire.ok(device.token, 'PUT', path, { n });
    device.accountData = n;
    this.counts.accountData++;
  }

  async #uploadKeys(device: LoadDevice): Promise<void> {
    const names = [0, 1].map(() => `k${this.#next++}`);
    const before = this.#wire.retries;
    const oneTimeKeys = Object.fromEntries(names.map((name) => [`signed_curve25519:${name}`, { key: name.padEnd(43, 'A') }]));
    await this.#wire.ok(device.token, 'POST', `${CLIENT}/keys/upload`, { one_time_keys: oneTimeKeys });
    for (const name of names) {
      device.uploadedKeys.add(name);
      // A claim may have come between the two uploads, and the second brought the key back.
      if (this.#wire.retries !== before) device.reuploadedKeys.add(name);
    }
    this.counts.keys += names.length;
  }

  /** Not repeated: a second claim takes a second key. */
  async #claim(device: LoadDevice): Promise<void> {
    const target = this.#pick(this.devices);
    const wanted = { [target.userId]: { [target.deviceId]: 'signed_curve25519' } };
    const answer = await this.#wire.once(device.token, 'POST', `${CLIENT}/keys/claim`, { one_time_keys: wanted });
    if (answer === null) {
      this.lostClaims.set(target.name, (this.lostClaims.get(target.name) ?? 0) + 1);
      return;
    }
    const given = Object.keys(answer.body.one_time_keys?.[target.userId]?.[target.deviceId] ?? {});
    const list = this.claimed.get(target.name) ?? [];
    this.claimed.set(target.name, [...list, ...given.map((name) => name.slice(name.indexOf(':') + 1))]);
    this.counts.claims += given.length;
  }

  async #visit(): Promise<void> {
    const [roomId = ''] = this.rooms;
    const { token, joined } = this.#visitor;
    await this.#wire.ok(token, 'POST', `${CLIENT}/rooms/${encodeURIComponent(roomId)}/${joined ? 'leave' : 'join'}`, {});
    this.#visitor.joined = !joined;
    this.counts.joins++;
    await sleep(this.#random() * 100);
  }

  async #account(name: string, device: number): Promise<{ access_token: string; user_id: string; device_id: string }> {
    const deviceId = `DEVICE${device}`;
    if (device === 0) {
      const auth = { type: 'm.login.dummy' };
      return this.#wire.ok(null, 'POST', `${CLIENT}/register`, { username: name, password: PASSWORD, auth, device_id: deviceId });
    }
    const identifier = { type: 'm.id.user', user: name };
    return this.#wire.ok(null, 'POST', `${CLIENT}/login`, {
      type: 'm.login.password',
      identifier,
      password: PASSWORD,
      device_id: deviceId,
    });
  }

  async #signIn(user: string, device: number): Promise<LoadDevice> {
    const account = await this.#account(user, device);
    const { json } = deviceKeysOf(account.user_id, account.device_id);
    await this.#wire.ok(account.access_token, 'POST', `${CLIENT}/keys/upload`, { device_keys: json });
    return {
      name: `${user}-${device}`,
      userId: account.user_id,
      deviceId: account.device_id,
      token: account.access_token,
      chain: new SyncChain(this.#wire, account.access_token),
      deviceKeys: JSON.stringify(json),
      sent: [],
      state: new Map(),
      accountData: 0,
      messagesTo: new Map(),
      uploadedKeys: new Set(),
      reuploadedKeys: new Set(),
    };
  }

  #pick<T>(list: readonly T[]): T {
    return list[Math.floor(this.#random() * list.length)] as T;
  }
}
