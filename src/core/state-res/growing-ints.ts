/** An Int32Array that grows by doubling. */
export class GrowingInts {
  #values = new Int32Array(16);
  #length = 0;

  constructor(values: Iterable<number> = []) {
    for (const value of values) this.push(value);
  }

  get length(): number {
    return this.#length;
  }

  get bytes(): number {
    return this.#values.byteLength;
  }

  /** Only for indices below the length. */
  at(index: number): number {
    return this.#values[index] ?? 0;
  }

  push(value: number): void {
    if (this.#length === this.#values.length) {
      const grown = new Int32Array(this.#values.length * 2);
      grown.set(this.#values);
      this.#values = grown;
    }
    this.#values[this.#length] = value;
    this.#length += 1;
  }
}
