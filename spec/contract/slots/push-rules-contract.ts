import { describe, expect, test } from 'vitest';
import type { JsonObject } from '../../../src/core/json/json-value.ts';
import { compileRuleset } from '../../../src/core/push/compile-ruleset.ts';
import type { PushContext } from '../../../src/core/push/compile-condition.ts';
import { defaultPushRules } from '../../../src/core/push/default-rules.ts';
import { PushEventView } from '../../../src/core/push/push-event-view.ts';
import type { PushRulesSlot } from '../../../src/plugin-api/slots.ts';

const ALICE = '@alice:weft.test';
const BOB = '@bob:weft.test';

/** Contents that nobody has checked. */
const JUNK: readonly JsonObject[] = [
  {},
  { body: null },
  { body: [] },
  { 'm.mentions': 1 },
  { 'm.mentions': { user_ids: 'x' } },
  { msgtype: {} },
];

/**
 * What every provider of `pushRules` has to do as an evaluator. That counts and pushes follow from it is specified with whole servers
 * (`spec/integ/push-rules.test.ts`, `spec/integ/plugins.test.ts`). A provider that changes what notifies may leave `follows` out.
 */
export function pushRulesContract(
  name: string,
  make: () => Pick<PushRulesSlot, 'evaluate' | 'notifiesByDefault'>,
  { follows = true }: { follows?: boolean } = {},
): void {
  const program = compileRuleset(defaultPushRules(BOB), { userId: BOB });
  const context = (content: JsonObject, more: Partial<PushContext> = {}): PushContext => ({
    event: new PushEventView({ type: 'm.room.message', sender: ALICE, room_id: '!a:weft.test', content }),
    userId: BOB,
    displayName: 'Bob',
    roomMemberCount: 10,
    senderPower: 0,
    notificationsPower: () => 50,
    ...more,
  });

  describe(`${name} as pushRules`, () => {
    test('answers any content, the same every time, with an outcome that fits together', () => {
      const rules = make();
      for (const content of JUNK) {
        const outcome = rules.evaluate(program, context(content));
        expect(rules.evaluate(program, context(content))).toEqual(outcome);
        expect(outcome).toMatchObject({ notify: expect.any(Boolean), highlight: expect.any(Boolean), actions: expect.any(Array) });
        if (!outcome.notify) expect(outcome.highlight).toBe(false);
        expect(outcome.actions.includes('notify')).toBe(outcome.notify);
        expect(rules.notifiesByDefault({ type: 'm.room.message', stateKey: undefined, content })).toBeTypeOf('boolean');
      }
    });

    test('notifies nobody about what they sent themselves', () => {
      expect(make().evaluate(program, context({ body: 'x' }, { userId: ALICE })).notify).toBe(false);
    });

    if (!follows) return;

    test('follows the rules of the user', () => {
      const rules = make();
      const outcome = (content: JsonObject) => rules.evaluate(program, context(content));
      expect(outcome({ msgtype: 'm.text', body: 'x' })).toMatchObject({ notify: true, highlight: false });
      expect(outcome({ msgtype: 'm.notice', body: 'x' }).notify).toBe(false);
      expect(outcome({ msgtype: 'm.text', body: 'x', 'm.mentions': { user_ids: [BOB] } })).toMatchObject({ notify: true, highlight: true });
    });

    test('counts by default what notifies somebody with the predefined rules whom the event does not name', () => {
      const rules = make();
      const counts = (type: string, content: JsonObject) => rules.notifiesByDefault({ type, stateKey: undefined, content });
      expect(counts('m.room.message', { msgtype: 'm.text', body: 'x' })).toBe(true);
      expect(counts('m.room.encrypted', { ciphertext: 'x' })).toBe(true);
      expect(counts('m.room.message', { msgtype: 'm.notice', body: 'x' })).toBe(false);
      expect(counts('m.reaction', {})).toBe(false);
    });
  });
}
