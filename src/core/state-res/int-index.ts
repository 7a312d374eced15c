const EMPTY = -1;

/** A map from integers to non-negative integers in one typed array (open addressing, at most half full): 16 to 32 bytes per entry. */
export class IntIndex {
  /** Pairs of key and value; a value of −1 marks a free place. */
  #slots = new Int32Array(32).fill(EMPTY);
  #size = 0;

  get bytes(): number {
    return this.#slots.byteLength;
  }

  get(key: number): number | undefined {
    const value = this.#slots[this.#place(key) + 1] ?? EMPTY;
    return value === EMPTY ? undefined : value;
  }

  set(key: number, value: number): void {
    const place = this.#place(key);
    if (this.#slots[place + 1] === EMPTY) this.#size += 1;
    this.#slots[place] = key;
    this.#slots[place + 1] = value;
    if (this.#size * 4 >= this.#slots.length) this.#grow();
  }

  /** Where the key is, or where it would go. */
  #place(key: number): number {
    const mask = this.#slots.length / 2 - 1;
    // Multiplication by 2^32/φ spreads neighbouring numbers; its high bits are the good ones.
    let at = (Math.imul(key, 0x9e3779b1) >>> 7) & mask;
    while (this.#slots[at * 2 + 1] !== EMPTY && this.#slots[at * 2] !== key) at = (at + 1) & mask;
    return at * 2;
  }

  #grow(): void {
    const old = this.#slots;
    this.#slots = new Int32Array(old.length * 2).fill(EMPTY);
    this.#size = 0;
    for (let at = 0; at < old.length; at += 2) {
      const [key, value] = [old[at] ?? 0, old[at + 1] ?? EMPTY];
      if (value !== EMPTY) this.set(key, value);
    }
  }
}
