import { createHash } from 'node:crypto';
import { type Rng, tokenFrom } from './rng.ts';

/** The same seed gives the same stream: for tests and the simulation, never for secrets. SHA-256 in counter mode. */
export class SeededRng implements Rng {
  readonly #seed: string;
  #counter = 0;
  #pool: Buffer = Buffer.alloc(0);

  constructor(seed: string | number) {
    this.#seed = String(seed);
  }

  bytes(length: number): Buffer {
    while (this.#pool.length < length) {
      const block = createHash('sha256')
        .update(`${this.#seed}:${this.#counter++}`)
        .digest();
      this.#pool = Buffer.concat([this.#pool, block]);
    }
    const taken = Buffer.from(this.#pool.subarray(0, length));
    this.#pool = this.#pool.subarray(length);
    return taken;
  }

  int(below: number): number {
    return Math.floor(this.float() * below);
  }

  float(): number {
    return this.bytes(6).readUIntBE(0, 6) / 2 ** 48;
  }

  token(length: number): string {
    return tokenFrom((n) => this.bytes(n), length);
  }
}
