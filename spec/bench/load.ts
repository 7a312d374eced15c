import { randomUUID } from 'node:crypto';
import { LeanClient } from './lean-client.ts';

/** What a client of the bench may do. One call is one operation. */
export interface BenchClient {
  readonly token: string;
  readonly userId: string;
}

export interface LoadWorld {
  readonly url: string;
  readonly clients: readonly BenchClient[];
  readonly rooms: readonly string[];
}

export interface LoadRequest extends LoadWorld {
  readonly scenario: Scenario;
  readonly concurrency: number;
  /** How long, ms; or how many operations, whichever ends first. */
  readonly durationMs: number;
  readonly operationsMax?: number;
}

export type Scenario = 'send' | 'sync' | 'initial sync' | 'createRoom' | 'receipt';

export interface LoadResult {
  readonly operations: number;
  readonly seconds: number;
  /** ms */
  readonly p50: number;
  readonly p99: number;
}

const CLIENT = '/_matrix/client/v3';
/** Syncs that wait for each message of the scenario `sync`. */
const WAITING_SYNCS = 50;
const BODY = 'The quick brown fox jumps over the lazy dog, and nobody in this room is surprised by it.';

/** Runs one scenario against a node and measures each operation. */
export async function runLoad(request: LoadRequest): Promise<LoadResult> {
  const http = new LeanClient(request.url);
  const call = async (client: BenchClient, method: 'GET' | 'PUT' | 'POST', path: string, body?: unknown): Promise<string> => {
    const { status, text } = await http.request({
      method,
      path,
      token: client.token,
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    });
    if (status !== 200) throw new Error(`${method} ${path}: ${status} ${text}`);
    return text;
  };
  const latencies: number[] = [];
  const started = performance.now();
  const timed = async (operation: () => Promise<unknown>): Promise<void> => {
    const before = performance.now();
    await operation();
    latencies.push(performance.now() - before);
  };
  const { operationsMax = Number.POSITIVE_INFINITY } = request;
  let begun = 0;
  const goesOn = (): boolean => performance.now() - started < request.durationMs && begun < operationsMax;
  try {
    const { scenario } = request;
    if (scenario === 'sync') await wakes(request, call, latencies, goesOn);
    else {
      await Promise.all(
        Array.from({ length: request.concurrency }, async (_, index) => {
          const client = request.clients[index % request.clients.length] as BenchClient;
          const room = encodeURIComponent(request.rooms[index % request.rooms.length] as string);
          const operation = operationOf(scenario, call, client, room);
          while (goesOn()) {
            begun++;
            await timed(operation);
          }
        }),
      );
    }
  } finally {
    http.close();
  }
  const seconds = (performance.now() - started) / 1000;
  const sorted = Float64Array.from(latencies).sort();
  const at = (share: number): number => sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? 0;
  return { operations: latencies.length, seconds, p50: at(0.5), p99: at(0.99) };
}

type Call = (client: BenchClient, method: 'GET' | 'PUT' | 'POST', path: string, body?: unknown) => Promise<string>;

function operationOf(scenario: Exclude<Scenario, 'sync'>, call: Call, client: BenchClient, room: string): () => Promise<unknown> {
  switch (scenario) {
    case 'send':
      return () => send(call, client, room);
    case 'initial sync':
      return () => call(client, 'GET', `${CLIENT}/sync?timeout=0`);
    case 'createRoom':
      return () => call(client, 'POST', `${CLIENT}/createRoom`, { preset: 'private_chat', name: 'A room' });
    case 'receipt': {
      let eventId = '';
      return async () => {
        if (eventId === '') eventId = encodeURIComponent(JSON.parse(await send(call, client, room)).event_id);
        await call(client, 'POST', `${CLIENT}/rooms/${room}/receipt/m.read/${eventId}`, {});
      };
    }
  }
}

const send = (call: Call, client: BenchClient, room: string): Promise<string> =>
  call(client, 'PUT', `${CLIENT}/rooms/${room}/send/m.room.message/${randomUUID()}`, { msgtype: 'm.text', body: BODY });

/** Many parked syncs, and one message at a time that wakes them all. An operation is one sync, from the message to its answer. */
async function wakes(request: LoadRequest, call: Call, latencies: number[], goesOn: () => boolean): Promise<void> {
  const [sender] = request.clients as [BenchClient];
  const room = encodeURIComponent(request.rooms[0] as string);
  let since = await Promise.all(
    Array.from({ length: WAITING_SYNCS }, async (_, index) => {
      const client = request.clients[index % request.clients.length] as BenchClient;
      return { client, token: JSON.parse(await call(client, 'GET', `${CLIENT}/sync?timeout=0`)).next_batch as string };
    }),
  );
  while (goesOn()) {
    const answers = since.map(({ client, token }) => call(client, 'GET', `${CLIENT}/sync?timeout=30000&since=${token}`));
    const before = performance.now();
    const sent = send(call, sender, room);
    const ended = answers.map(async (answer, index) => {
      const body = JSON.parse(await answer);
      latencies.push(performance.now() - before);
      return { client: since[index]?.client as BenchClient, token: body.next_batch as string };
    });
    since = await Promise.all(ended);
    await sent;
  }
}
