import { setTimeout as sleep } from 'node:timers/promises';
import { Agent, request } from 'undici';

/** After this a request that still has no answer is a fault of the server, not of the test. */
const ANSWER_MS_MAX = 120_000;
/** Between two tries of the same request. */
const RETRY_MS = 20;

export interface WireAnswer {
  readonly status: number;
  // oxlint-disable-next-line typescript/no-explicit-any -- every caller reads another shape of JSON and asserts on what it reads
  readonly body: any;
}

/** HTTP to a node that comes and goes. */
export class Wire {
  readonly url: string;
  /** Requests that were sent again because nobody knows what became of them. */
  retries = 0;
  readonly #agent = new Agent({ connections: 64, keepAliveTimeout: 10_000 });

  constructor(url: string) {
    this.url = url;
  }

  /** One try; null when there was no answer, or one that says nothing about the outcome (5xx). */
  async once(token: string | null, method: 'GET' | 'PUT' | 'POST', path: string, body?: unknown): Promise<WireAnswer | null> {
    try {
      const response = await request(this.url + path, {
        dispatcher: this.#agent,
        method,
        headers: token === null ? {} : { authorization: `Bearer ${token}` },
        headersTimeout: ANSWER_MS_MAX,
        bodyTimeout: ANSWER_MS_MAX,
        ...(body === undefined ? {} : { body: JSON.stringify(body) }),
      });
      const text = await response.body.text();
      return response.statusCode >= 500 ? null : { status: response.statusCode, body: JSON.parse(text) };
    } catch {
      return null;
    }
  }

  /** The same request again and again until somebody answers it. */
  async untilAnswered(token: string | null, method: 'GET' | 'PUT' | 'POST', path: string, body?: unknown): Promise<WireAnswer> {
    const deadline = performance.now() + ANSWER_MS_MAX;
    for (;;) {
      const answer = await this.once(token, method, path, body);
      if (answer !== null) return answer;
      if (performance.now() > deadline) throw new Error(`${method} ${path} has had no answer for ${ANSWER_MS_MAX} ms`);
      this.retries++;
      await sleep(RETRY_MS);
    }
  }

  async ok(token: string | null, method: 'GET' | 'PUT' | 'POST', path: string, body?: unknown): Promise<WireAnswer['body']> {
    const answer = await this.untilAnswered(token, method, path, body);
    if (answer.status !== 200) throw new Error(`${method} ${path}: ${answer.status} ${JSON.stringify(answer.body)}`);
    return answer.body;
  }

  close(): Promise<void> {
    return this.#agent.destroy();
  }
}
