import { describe, expect, test } from 'vitest';
import { PluginError, PluginRegistry } from '../../../src/app/plugins/plugin-registry.ts';
import type { Slots } from '../../../src/plugin-api/slots.ts';

function limiter(waitMs: number): Slots['rateLimiter'] {
  return { consume: async () => waitMs };
}

describe('slots', () => {
  test('one provider fills its slot; a slot that nobody fills is null', () => {
    const registry = new PluginRegistry({});
    const only = limiter(0);
    registry.provide('a', 'rateLimiter', only);
    registry.freeze();
    expect(registry.slot('rateLimiter')).toBe(only);
    expect(registry.slot('mediaStore')).toBeNull();
    expect(registry.replaced('a', 'rateLimiter')).toBeNull();
  });

  test('of two providers the configuration names the winner, which may ask for the other', () => {
    const registry = new PluginRegistry({ rateLimiter: 'b' });
    const [first, second] = [limiter(1), limiter(2)];
    registry.provide('a', 'rateLimiter', first);
    registry.provide('b', 'rateLimiter', second);
    registry.freeze();
    expect(registry.provider('rateLimiter')).toEqual({ plugin: 'b', value: second });
    expect(registry.replaced('b', 'rateLimiter')).toBe(first);
    expect(() => registry.replaced('a', 'rateLimiter')).toThrow(PluginError);
  });

  test('two providers without a named winner stop the start, both names in the message', () => {
    const registry = new PluginRegistry({});
    registry.provide('a', 'rateLimiter', limiter(1));
    registry.provide('b', 'rateLimiter', limiter(2));
    expect(() => registry.freeze()).toThrow(
      'Slot rateLimiter has more than one provider: a, b. Name the one to use under slots.rateLimiter.',
    );
  });

  test('so do a winner that does not provide the slot, and a slot that nobody provides', () => {
    const wrong = new PluginRegistry({ rateLimiter: 'c' });
    wrong.provide('a', 'rateLimiter', limiter(1));
    expect(() => wrong.freeze()).toThrow('slots.rateLimiter names c, which does not provide it. Providers: a.');
    expect(() => new PluginRegistry({ rateLimitr: 'a' }).freeze()).toThrow('slots.rateLimitr: nothing provides this slot');
  });
});

test('nothing can be registered once the registry is closed', () => {
  const registry = new PluginRegistry({});
  registry.freeze();
  const late = [
    () => registry.provide('a', 'rateLimiter', limiter(1)),
    () => registry.hook('a', 'checkEvent', () => ({ allow: true })),
    () => registry.on('a', 'userRegistered', () => undefined),
    () => registry.edu('a', 'm.typing', () => undefined),
    () => registry.add('a', registry.streams, { name: 'a', contribute: () => null }),
  ];
  for (const act of late) expect(act).toThrow('plug-in a registers something after its setup has ended');
});

test('an EDU type has one handler', () => {
  const registry = new PluginRegistry({});
  registry.edu('a', 'm.typing', () => undefined);
  expect(() => registry.edu('b', 'm.typing', () => undefined)).toThrow('plug-in b: EDUs of type m.typing already have a handler');
});
