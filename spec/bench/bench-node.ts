import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import postgres, { type Sql } from 'postgres';
import { socketFolder } from '../../src/app/embedded-postgres/socket-folder.ts';
import {
  dataDirOf,
  freePort,
  type NodeProcess,
  type NodeProcessOptions,
  postmasterPid,
  startNodeProcess,
} from '../support/node-process.ts';
import type { BenchClient, LoadWorld } from './load.ts';
import { readUsage, type Usage } from './meters.ts';

const CLIENT = '/_matrix/client/v3';
const PASSWORD = 'correct horse battery staple';
const COUNTING = path.join(import.meta.dirname, 'counting-node.ts');

/** A real node with its embedded database in a folder of its own, and a few people in a few rooms. */
export class BenchNode implements AsyncDisposable {
  readonly #options: NodeProcessOptions;
  process: NodeProcess;
  sql: Sql;

  private constructor(options: NodeProcessOptions, process: NodeProcess, sql: Sql) {
    this.#options = options;
    this.process = process;
    this.sql = sql;
  }

  static async open(options: { counting?: boolean; execArgv?: readonly string[] } = {}): Promise<BenchNode> {
    const folder = await mkdtemp(path.join(tmpdir(), 'weft-bench-'));
    const launch: NodeProcessOptions = {
      folder,
      port: await freePort(),
      ...(options.counting === true ? { program: COUNTING } : {}),
      ...(options.execArgv === undefined ? {} : { execArgv: options.execArgv }),
    };
    const started = await startNodeProcess(launch);
    return new BenchNode(launch, started, await connect(folder));
  }

  /** Stops cleanly and starts again. */
  async restart(): Promise<void> {
    await this.sql.end();
    await this.process.stop();
    this.process = await startNodeProcess(this.#options);
    this.sql = await connect(this.#options.folder);
  }

  async populate(options: { people: number; rooms: number }): Promise<LoadWorld> {
    const clients: BenchClient[] = [];
    for (let n = 0; n < options.people; n++) {
      const auth = { type: 'm.login.dummy' };
      const account = await this.#call(null, '/register', { username: `person${n}`, password: PASSWORD, auth });
      clients.push({ token: String(account['access_token']), userId: String(account['user_id']) });
    }
    const rooms: string[] = [];
    for (let n = 0; n < options.rooms; n++) {
      const [owner, ...others] = clients as [BenchClient, ...BenchClient[]];
      const roomId = String((await this.#call(owner, '/createRoom', { preset: 'public_chat', name: `Room ${n}` }))['room_id']);
      rooms.push(roomId);
      for (const other of others) await this.#call(other, `/join/${encodeURIComponent(roomId)}`, {});
    }
    return { url: this.process.url, clients, rooms };
  }

  async usage(): Promise<Usage> {
    const postmaster = await postmasterPid(dataDirOf(this.#options.folder));
    return readUsage({ url: this.process.url, nodePid: this.process.pid, postmasterPid: postmaster ?? 0, sql: this.sql });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.sql.end();
    await this.process.stop();
    await rm(this.#options.folder, { recursive: true, force: true, maxRetries: 20 });
  }

  async #call(client: BenchClient | null, at: string, body: object): Promise<Record<string, unknown>> {
    const headers = client === null ? {} : { authorization: `Bearer ${client.token}` };
    const response = await fetch(`${this.process.url}${CLIENT}${at}`, { method: 'POST', headers, body: JSON.stringify(body) });
    const answer = (await response.json()) as Record<string, unknown>;
    if (!response.ok) throw new Error(`${at}: ${response.status} ${JSON.stringify(answer)}`);
    return answer;
  }
}

async function connect(folder: string): Promise<Sql> {
  const host = await socketFolder(dataDirOf(folder), 'socket');
  const types = { bigint: { to: 20, from: [20], parse: Number, serialize: String } };
  return postgres({ host, port: 5432, username: 'weft', database: 'postgres', max: 1, onnotice: () => undefined, types }) as unknown as Sql;
}
