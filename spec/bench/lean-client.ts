import { connect, type Socket } from 'node:net';

export interface LeanResponse {
  readonly status: number;
  readonly text: string;
}

/**
 * HTTP/1.1 over kept-alive sockets, with nothing that a benchmark does not need: a general client takes as much of two cores as the
 * server that it measures. One request at a time per socket; bodies need a length.
 */
export class LeanClient {
  readonly #host: string;
  readonly #port: number;
  readonly #idle: Connection[] = [];
  readonly #all: Connection[] = [];

  constructor(url: string) {
    const { hostname, port } = new URL(url);
    this.#host = hostname;
    this.#port = Number(port);
  }

  async request(options: { method: string; path: string; token: string; body?: string }): Promise<LeanResponse> {
    const { method, path, token, body = '' } = options;
    const connection = this.#idle.pop() ?? this.#open();
    const head = `${method} ${path} HTTP/1.1\r\nhost: ${this.#host}\r\nauthorization: Bearer ${token}\r\ncontent-length: ${Buffer.byteLength(body)}\r\n\r\n`;
    const response = await connection.exchange(head + body);
    this.#idle.push(connection);
    return response;
  }

  close(): void {
    for (const connection of this.#all) connection.close();
  }

  #open(): Connection {
    const connection = new Connection(connect({ host: this.#host, port: this.#port, noDelay: true }));
    this.#all.push(connection);
    return connection;
  }
}

class Connection {
  readonly #socket: Socket;
  #received = '';
  #waiting: { resolve: (response: LeanResponse) => void; reject: (error: Error) => void } | null = null;

  constructor(socket: Socket) {
    this.#socket = socket;
    // Byte by byte: lengths are counted in bytes. Texts are decoded at the end.
    socket.setEncoding('latin1');
    socket.on('data', (chunk: string) => this.#onData(chunk));
    socket.on('error', (error) => this.#waiting?.reject(error));
    socket.on('close', () => this.#waiting?.reject(new Error('the server closed the connection')));
  }

  exchange(request: string): Promise<LeanResponse> {
    return new Promise((resolve, reject) => {
      this.#waiting = { resolve, reject };
      this.#socket.write(request);
    });
  }

  close(): void {
    this.#waiting = null;
    this.#socket.destroy();
  }

  #onData(chunk: string): void {
    this.#received += chunk;
    const end = this.#received.indexOf('\r\n\r\n');
    if (end === -1) return;
    const head = this.#received.slice(0, end);
    const length = /^content-length: (\d+)$/im.exec(head)?.[1];
    if (length === undefined) {
      this.#waiting?.reject(new Error(`a response without a length: ${head}`));
      return;
    }
    const total = end + 4 + Number(length);
    if (this.#received.length < total) return;
    const text = Buffer.from(this.#received.slice(end + 4, total), 'latin1').toString('utf8');
    this.#received = this.#received.slice(total);
    const waiting = this.#waiting;
    this.#waiting = null;
    waiting?.resolve({ status: Number(head.slice(9, 12)), text });
  }
}
