import fc from 'fast-check';
import { expect, test } from 'vitest';
import type { UserId } from '../../src/core/ids/brands.ts';
import { ALL_THREADS, MAIN_THREAD } from '../../src/modules/push-rules/store.ts';
import { type Count, NOTHING } from '../../src/modules/push-rules/unread/count.ts';
import { RoomTail, TAIL_EVENTS_MAX, type TailEntry } from '../../src/modules/push-rules/unread/room-tail.ts';

const READER = '@reader:weft.test' as UserId;
const THREADS = [MAIN_THREAD, 1, 2];
/** Enough for the older half to be added up more than once. */
const EVENTS = 2 * TAIL_EVENTS_MAX + 50;
const ONE: Count = { notify: 1, highlight: 0 };
const LOUD: Count = { notify: 1, highlight: 1 };

interface Step {
  readonly thread: number;
  readonly kind: 'ordinary' | 'silent' | 'mention' | 'muted';
  /** How many events back a receipt goes, if there is one. */
  readonly read: { readonly back: number; readonly scope: number } | null;
}

const step: fc.Arbitrary<Step> = fc.record({
  thread: fc.constantFrom(...THREADS),
  kind: fc.constantFrom('ordinary', 'ordinary', 'ordinary', 'silent', 'mention', 'muted'),
  read: fc.oneof(
    { weight: 150, arbitrary: fc.constant(null) },
    { weight: 1, arbitrary: fc.record({ back: fc.nat({ max: 800 }), scope: fc.constantFrom(ALL_THREADS, ...THREADS) }) },
  ),
}) as fc.Arbitrary<Step>;

test('counts stay exact while the tail is cut, or ask to be loaded again', () => {
  fc.assert(
    fc.property(fc.array(step, { minLength: EVENTS, maxLength: EVENTS, size: 'max' }), (steps) => {
      const tail = new RoomTail();
      const past: { seq: number; thread: number; count: Count }[] = [];
      const marks = new Map<number, number>();
      const naive = (): Map<number, Count> => {
        const counts = new Map<number, Count>();
        for (const { seq, thread, count } of past) {
          if (count.notify === 0 || seq <= Math.max(marks.get(ALL_THREADS) ?? 0, marks.get(thread) ?? 0)) continue;
          const sum = counts.get(thread) ?? NOTHING;
          counts.set(thread, { notify: sum.notify + count.notify, highlight: sum.highlight + count.highlight });
        }
        return counts;
      };
      const load = (): void => {
        expect(tail.start(READER, { head: past.length, unread: naive() })).toBe(true);
      };
      load();
      for (const { thread, kind, read } of steps) {
        const seq = past.length + 1;
        const entry: TailEntry = {
          seq,
          thread,
          ordinary: kind === 'silent' ? NOTHING : ONE,
          outcomes: new Map(kind === 'mention' ? [[READER, LOUD]] : []),
          muted: new Set(kind === 'muted' ? [READER] : []),
          readBy: null,
          reset: [],
        };
        tail.append(entry);
        past.push({ seq, thread, count: kind === 'mention' ? LOUD : kind === 'ordinary' ? ONE : NOTHING });
        if (read === null) continue;
        const upTo = Math.max(1, seq - read.back);
        tail.mark(READER, read.scope, upTo);
        marks.set(read.scope, Math.max(upTo, marks.get(read.scope) ?? 0));
        if (tail.counts(READER) === null) load();
        expect(tail.counts(READER)).toEqual(naive());
      }
      expect(tail.counts(READER)).toEqual(naive());
    }),
    { numRuns: 20 },
  );
});
