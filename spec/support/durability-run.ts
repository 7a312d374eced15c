import { setTimeout as sleep } from 'node:timers/promises';
import postgres, { type Sql } from 'postgres';
import { SeededRng } from '../../src/platform/seeded-rng.ts';
import { DurabilityChecks } from './durability-checks.ts';
import { DurabilityLoad, type LoadCounts } from './durability-load.ts';
import { Wire } from './durability-wire.ts';
import { freePort, launchNode, type NodeProcess, type NodeProcessOptions } from './node-process.ts';

/** How long the load runs before the blow, ms. */
const LOAD_MS_MIN = 150;
const LOAD_MS_MAX = 1_500;

/** How to reach the database behind the node's back. */
export interface DatabaseAddress {
  readonly host: string;
  readonly port: number;
  readonly username: string;
  readonly database: string;
}

/** What a round does to the running system. It ends when the node serves again, or is about to. */
export type Blow = (run: DurabilityRun) => Promise<void>;

export interface RoundReport {
  readonly faults: readonly string[];
  readonly counts: LoadCounts & { rounds: number; retries: number; syncs: number };
}

/** Rounds of load, blow and check on one node and its data. */
export class DurabilityRun implements AsyncDisposable {
  readonly random: () => number;
  readonly #launch: NodeProcessOptions;
  readonly #database: DatabaseAddress;
  readonly #wire: Wire;
  readonly #load: DurabilityLoad;
  readonly #checks = new DurabilityChecks();
  node: NodeProcess | null = null;
  #rounds = 0;

  private constructor(options: DurabilityOptions, port: number) {
    const rng = new SeededRng(options.seed);
    this.random = () => rng.float();
    const { folder, config = {}, environment = {} } = options;
    this.#launch = { folder, port, config, environment };
    this.#database = options.database;
    this.#wire = new Wire(`http://127.0.0.1:${port}`);
    this.#load = new DurabilityLoad(this.#wire, this.random);
  }

  static async open(options: DurabilityOptions): Promise<DurabilityRun> {
    const run = new DurabilityRun(options, await freePort());
    await run.start();
    await run.#load.setUp();
    return run;
  }

  async start(): Promise<void> {
    const starting = await launchNode(this.#launch);
    this.node = await starting.ready;
  }

  /** Starts the node and kills it before it is up, or just after. */
  async startAndKill(afterMs: number): Promise<void> {
    const starting = await launchNode(this.#launch);
    await sleep(afterMs);
    starting.child.kill('SIGKILL');
    await starting.exited;
  }

  async round(blow: Blow): Promise<RoundReport> {
    this.#rounds++;
    this.#load.resume();
    await sleep(LOAD_MS_MIN + this.random() * (LOAD_MS_MAX - LOAD_MS_MIN));
    await blow(this);
    // Some rounds go on for a while before anybody looks.
    await sleep(this.random() * 300);
    await this.#load.quiesce();
    await using database = this.openDatabase();
    const faults = await this.#checks.run(this.#load, this.#wire, database.sql);
    const syncs = this.#load.devices.reduce((sum, device) => sum + device.chain.answers, 0);
    return { faults, counts: { rounds: this.#rounds, retries: this.#wire.retries, syncs, ...this.#load.counts } };
  }

  openDatabase(): AsyncDisposable & { readonly sql: Sql } {
    const sql = postgres({
      ...this.#database,
      max: 1,
      onnotice: () => undefined,
      types: { bigint: { to: 20, from: [20], parse: Number, serialize: String } },
    }) as unknown as Sql;
    return { sql, [Symbol.asyncDispose]: () => sql.end({ timeout: 5 }) };
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#load.stop();
    await this.#wire.close();
    await this.node?.stop();
  }
}

export interface DurabilityOptions {
  readonly folder: string;
  readonly seed: number;
  readonly database: DatabaseAddress;
  readonly config?: { readonly [section: string]: unknown };
  /** Variables of the node's environment. */
  readonly environment?: Readonly<Record<string, string>>;
}
