import { describe, expect, test } from 'vitest';
import type { UserId } from '../../../src/core/ids/brands.ts';
import type { PresenceSlot } from '../../../src/plugin-api/slots.ts';

const ALICE = '@alice:weft.test' as UserId;
const BOB = '@bob:weft.test' as UserId;

/** What every provider of `presence` has to do. `make` gives a fresh one, in which nobody has been seen. */
export function presenceContract(name: string, make: () => PresenceSlot): void {
  describe(`${name} as presence`, () => {
    test('somebody who has never been seen is offline', async () => {
      expect(await make().get(ALICE)).toMatchObject({ presence: 'offline' });
    });

    test('a sign of life is seen at once, of its user alone', async () => {
      const presence = make();
      await presence.touch(ALICE, 'online');
      expect(await presence.get(ALICE)).toMatchObject({ presence: 'online' });
      expect(await presence.get(BOB)).toMatchObject({ presence: 'offline' });
    });

    test('a client may say that its user is there without being active', async () => {
      const presence = make();
      await presence.touch(ALICE, 'unavailable');
      expect(await presence.get(ALICE)).toMatchObject({ presence: 'unavailable' });
    });

    test('a client that does not want to be noticed changes nothing', async () => {
      const presence = make();
      await presence.touch(BOB, 'offline');
      expect(await presence.get(BOB)).toMatchObject({ presence: 'offline' });
      await presence.touch(ALICE, 'online');
      await presence.touch(ALICE, 'offline');
      expect(await presence.get(ALICE)).toMatchObject({ presence: 'online' });
    });

    test('the answer is the content of an m.presence event', async () => {
      const presence = make();
      await presence.touch(ALICE, 'online');
      const content = await presence.get(ALICE);
      expect(JSON.parse(JSON.stringify(content))).toEqual(content);
      expect(content).not.toHaveProperty('user_id');
      if ('last_active_ago' in content) expect(content['last_active_ago']).toBeGreaterThanOrEqual(0);
      if ('currently_active' in content) expect(content['currently_active']).toBeTypeOf('boolean');
    });
  });
}
