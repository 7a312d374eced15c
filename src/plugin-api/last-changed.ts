/** Keys that are remembered; older ones only raise the floor. */
export const LAST_CHANGED_KEYS_MAX = 100_000;

/**
 * Remembers at which position something of a key (a user, a room) last changed, so that an idle sync needs no SQL. It may say that
 * something changed when nothing did, never the other way round.
 */
export class LastChanged<K> {
  #floor: number;
  readonly #max: number;
  /** In order of change, oldest first. */
  readonly #positions = new Map<K, number>();

  /** `floor`: the position at which listening began; what changed before it is not known. */
  constructor(floor: number, max = LAST_CHANGED_KEYS_MAX) {
    this.#floor = floor;
    this.#max = max;
  }

  note(key: K, pos: number): void {
    this.#positions.delete(key);
    this.#positions.set(key, pos);
    if (this.#positions.size <= this.#max) return;
    for (const [oldest, at] of this.#positions) {
      this.#positions.delete(oldest);
      this.#floor = Math.max(this.#floor, at);
      return;
    }
  }

  /** Whether something of the key may have changed after `from`. */
  since(key: K, from: number): boolean {
    const at = this.#positions.get(key);
    return at === undefined ? from < this.#floor : at > from || from < this.#floor;
  }
}
