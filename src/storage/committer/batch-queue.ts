import type { CommitRecord } from '../../plugin-api/commit.ts';

/** Records in one transaction at most. */
const BATCH_RECORDS_MAX = 500;
/** Estimated bytes in one transaction at most. */
const BATCH_BYTES_MAX = 1_000_000;
const RECORD_BYTES_DEFAULT = 200;

/** One or more records that stand or fall together. */
export interface Unit {
  readonly records: readonly CommitRecord[];
  readonly resolve: (pos: number) => void;
  readonly reject: (error: unknown) => void;
}

/** First in, first out, cut into batches. */
export class BatchQueue {
  #units: Unit[] = [];

  push(unit: Unit): void {
    this.#units.push(unit);
  }

  get length(): number {
    return this.#units.length;
  }

  /** Whether somebody waits for the disk, so that the batch should not linger. */
  hasUrgent(): boolean {
    return this.#units.some((unit) => unit.records.some((record) => record.durability !== 'relaxed'));
  }

  /** The oldest units within the limits; at least one. */
  take(): Unit[] {
    let records = 0;
    let bytes = 0;
    let count = 0;
    for (const unit of this.#units) {
      records += unit.records.length;
      for (const record of unit.records) bytes += record.bytes ?? RECORD_BYTES_DEFAULT;
      if (count > 0 && (records > BATCH_RECORDS_MAX || bytes > BATCH_BYTES_MAX)) break;
      count++;
    }
    const taken = this.#units.slice(0, count);
    this.#units = this.#units.slice(count);
    return taken;
  }

  /** Takes out the units that belong to one of these groups. */
  removeGroups(groups: ReadonlySet<object>): Unit[] {
    const removed = this.#units.filter((unit) => inGroups(unit, groups));
    if (removed.length > 0) this.#units = this.#units.filter((unit) => !inGroups(unit, groups));
    return removed;
  }
}

export function groupsOf(units: readonly Unit[]): Set<object> {
  const groups = new Set<object>();
  for (const unit of units) for (const record of unit.records) if (record.group !== undefined) groups.add(record.group);
  return groups;
}

export function inGroups(unit: Unit, groups: ReadonlySet<object>): boolean {
  return unit.records.some((record) => record.group !== undefined && groups.has(record.group));
}
