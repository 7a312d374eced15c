import { Type } from 'typebox';
import { describe, expect, test } from 'vitest';
import { arrangePlugins, importPlugins } from '../../../src/app/plugins/load-plugins.ts';
import type { Plugin } from '../../../src/plugin-api/plugin.ts';

function plugin(name: string, more: Partial<Plugin> = {}): Plugin {
  return { name, api: 1, setup: () => undefined, ...more };
}

function arrange(...plugins: readonly Plugin[]): string[] {
  const arranged = arrangePlugins(plugins.map((each, index) => ({ plugin: each, config: undefined, where: `modules[${index}]` })));
  return arranged.map((loaded) => loaded.plugin.name);
}

describe('order', () => {
  test('is that of the configuration, except that what is required comes first', () => {
    expect(arrange(plugin('a'), plugin('b'), plugin('c'))).toEqual(['a', 'b', 'c']);
    expect(arrange(plugin('a', { requires: ['c'] }), plugin('b'), plugin('c', { requires: ['b'] }))).toEqual(['b', 'c', 'a']);
  });

  test('a circle and a missing requirement are named', () => {
    const circle = [plugin('a', { requires: ['b'] }), plugin('b', { requires: ['c'] }), plugin('c', { requires: ['a'] })];
    expect(() => arrange(...circle)).toThrow('Plug-ins require each other in a circle: a → b → c → a.');
    expect(() => arrange(plugin('a', { requires: ['a'] }))).toThrow('in a circle: a → a');
    expect(() => arrange(plugin('a', { requires: ['z'] }))).toThrow('Plug-in a requires z, which is not loaded.');
  });
});

test('a name is taken once, and the API number has to be this server’s', () => {
  expect(() => arrange(plugin('a'), plugin('a'))).toThrow('Two plug-ins are called a (modules[1]).');
  expect(() => arrange(plugin('a', { api: 2 }))).toThrow('Plug-in a (modules[0]) was written for plug-in API 2; this server has 1.');
});

describe('configuration', () => {
  const configured = plugin('a', {
    config: Type.Object({ size: Type.Integer({ minimum: 1, default: 5 }), deep: Type.Optional(Type.Object({ on: Type.Boolean() })) }),
  });
  const check = (config: unknown) => arrangePlugins([{ plugin: configured, config, where: 'modules[3]' }])[0]?.config;

  test('gets its defaults, in a copy', () => {
    const given = {};
    expect(check(given)).toEqual({ size: 5 });
    expect(given).toEqual({});
    expect(check(undefined)).toEqual({ size: 5 });
    expect(check({ size: 7 })).toEqual({ size: 7 });
  });

  test('that does not fit is refused with its place', () => {
    expect(() => check({ size: 0 })).toThrow('Plug-in a: modules[3].config.size must be >= 1');
    expect(() => check({ deep: { on: 'yes' } })).toThrow('modules[3].config.deep.on must be boolean');
    expect(() => check([])).toThrow('modules[3].config must be a mapping');
  });

  test('without a schema is handed on as it is', () => {
    expect(arrangePlugins([{ plugin: plugin('a'), config: { any: 1 }, where: 'x' }])[0]?.config).toEqual({ any: 1 });
  });
});

describe('importing', () => {
  test('takes files and packages, by their default export', async () => {
    const [loaded] = await importPlugins([{ path: 'docs/examples/plugins/spam-check.mjs', config: { words: ['a'] } }]);
    expect(loaded).toMatchObject({ plugin: { name: 'spam-check', api: 1 }, config: { words: ['a'] }, where: 'modules[0]' });
  });

  test('says which entry could not be loaded, and why', async () => {
    await expect(importPlugins([{}])).rejects.toThrow('modules[0] needs exactly one of path and package');
    await expect(importPlugins([{ path: 'a.mjs', package: 'a' }])).rejects.toThrow('needs exactly one of path and package');
    await expect(importPlugins([{ path: 'no-such-file.mjs' }])).rejects.toThrow('modules[0]: no-such-file.mjs could not be loaded');
    await expect(importPlugins([{ package: 'no-such-package-of-weft' }])).rejects.toThrow('no-such-package-of-weft could not be loaded');
    await expect(importPlugins([{ path: 'docs/testing.md' }])).rejects.toThrow('docs/testing.md could not be loaded');
    await expect(importPlugins([{ package: 'canonical-json' }])).rejects.toThrow('canonical-json has no plug-in as its default export');
  });
});
