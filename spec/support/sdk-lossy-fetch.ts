/** Of the requests that a rule matches, every `every`th one loses its answer. */
export interface LossRule {
  readonly name: string;
  readonly method: string;
  readonly path: RegExp;
  readonly every: number;
}

/**
 * What a client must be able to repeat: everything that a conversation with end-to-end encryption consists of. The SDK sends a message
 * and asks for a sync again at once, and waits for seconds before it repeats one of the others, so those are lost more rarely.
 */
export const CONVERSATION: readonly LossRule[] = [
  { name: 'send', method: 'PUT', path: /\/rooms\/[^/]+\/send\//, every: 4 },
  { name: 'sync', method: 'GET', path: /\/sync$/, every: 5 },
  { name: 'to-device', method: 'PUT', path: /\/sendToDevice\//, every: 6 },
  { name: 'key upload', method: 'POST', path: /\/keys\/upload$/, every: 2 },
  { name: 'key claim', method: 'POST', path: /\/keys\/claim$/, every: 2 },
  { name: 'key query', method: 'POST', path: /\/keys\/query$/, every: 7 },
  { name: 'key backup', method: 'PUT', path: /\/room_keys\/keys$/, every: 3 },
];

/** A network that loses answers on the way back: the server has done what it was asked, and the client does not know. */
export class LossyNetwork {
  /** Answers lost so far, by the rule's name. */
  readonly lost = new Map<string, number>();
  readonly #seen = new Map<LossRule, number>();
  readonly #rules: readonly LossRule[];

  constructor(rules: readonly LossRule[]) {
    this.#rules = rules;
  }

  readonly fetch: typeof globalThis.fetch = async (input, init) => {
    const response = await globalThis.fetch(input, init);
    const method = init?.method ?? 'GET';
    const { pathname } = new URL(input instanceof Request ? input.url : input);
    const rule = this.#rules.find((candidate) => candidate.method === method && candidate.path.test(pathname));
    if (rule === undefined) return response;
    const seen = (this.#seen.get(rule) ?? 0) + 1;
    this.#seen.set(rule, seen);
    if (seen % rule.every !== 0) return response;
    await response.arrayBuffer();
    this.lost.set(rule.name, (this.lost.get(rule.name) ?? 0) + 1);
    throw new TypeError('fetch failed');
  };
}
