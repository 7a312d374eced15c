/** An answer of the client API. Tests look at single keys, so the body is as loose as JSON. */
export interface ApiAnswer {
  readonly status: number;
  // oxlint-disable-next-line typescript/no-explicit-any -- every test reads another shape of JSON and asserts on what it reads
  readonly body: any;
  readonly headers: Headers;
}

/** One device (or nobody) that talks to a server over HTTP. */
export class ApiClient {
  readonly url: string;
  readonly token: string | null;
  readonly userId: string;
  readonly deviceId: string;
  #txn = 0;

  constructor(options: { url: string; token: string | null; userId: string; deviceId: string }) {
    this.url = options.url;
    this.token = options.token;
    this.userId = options.userId;
    this.deviceId = options.deviceId;
  }

  /** `path` is below `/_matrix/client/v3`, or absolute when it begins with `/_`. Never throws for an HTTP status. */
  async api(method: string, path: string, body?: unknown): Promise<ApiAnswer> {
    const response = await fetch(this.url + (path.startsWith('/_') || path.startsWith('/.') ? path : `/_matrix/client/v3${path}`), {
      method,
      headers: this.token === null ? {} : { authorization: `Bearer ${this.token}` },
      ...(body === undefined ? {} : { body: typeof body === 'string' ? body : JSON.stringify(body) }),
    });
    const text = await response.text();
    return { status: response.status, body: parse(text), headers: response.headers };
  }

  /** The body of a request that must succeed. */
  async ok(method: string, path: string, body?: unknown): Promise<ApiAnswer['body']> {
    const answer = await this.api(method, path, body);
    if (answer.status !== 200) throw new Error(`${method} ${path}: ${answer.status} ${JSON.stringify(answer.body)}`);
    return answer.body;
  }

  /** Room id of a new room. */
  async createRoom(options: object = {}): Promise<string> {
    return (await this.ok('POST', '/createRoom', options)).room_id;
  }

  async join(roomIdOrAlias: string): Promise<string> {
    return (await this.ok('POST', `/join/${encodeURIComponent(roomIdOrAlias)}`, {})).room_id;
  }

  async leave(roomId: string): Promise<void> {
    await this.ok('POST', `/rooms/${encodeURIComponent(roomId)}/leave`, {});
  }

  async invite(roomId: string, other: ApiClient): Promise<void> {
    await this.ok('POST', `/rooms/${encodeURIComponent(roomId)}/invite`, { user_id: other.userId });
  }

  /** Event id of a new message. */
  async say(roomId: string, text: string): Promise<string> {
    return this.send(roomId, 'm.room.message', { msgtype: 'm.text', body: text });
  }

  /** Event id of a new event that is no state. */
  async send(roomId: string, type: string, content: object): Promise<string> {
    const at = `/rooms/${encodeURIComponent(roomId)}/send/${encodeURIComponent(type)}/${this.nextTxn()}`;
    return (await this.ok('PUT', at, content)).event_id;
  }

  /** Event id of a new state event. */
  async setState(roomId: string, type: string, content: object, stateKey = ''): Promise<string> {
    return (await this.ok('PUT', statePath(roomId, type, stateKey), content)).event_id;
  }

  async sync(options: { since?: string; timeout?: number; filter?: object; fullState?: boolean } = {}): Promise<ApiAnswer['body']> {
    const query = new URLSearchParams({ timeout: String(options.timeout ?? 0) });
    if (options.since !== undefined) query.set('since', options.since);
    if (options.filter !== undefined) query.set('filter', JSON.stringify(options.filter));
    if (options.fullState === true) query.set('full_state', 'true');
    return this.ok('GET', `/sync?${query.toString()}`);
  }

  /** A transaction id that this client has not used. */
  nextTxn(): string {
    return `txn${++this.#txn}`;
  }
}

export function statePath(roomId: string, type: string, stateKey = ''): string {
  return `/rooms/${encodeURIComponent(roomId)}/state/${encodeURIComponent(type)}/${encodeURIComponent(stateKey)}`;
}

function parse(text: string): unknown {
  try {
    return text === '' ? null : JSON.parse(text);
  } catch {
    return text;
  }
}
