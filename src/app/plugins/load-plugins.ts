import path from 'node:path';
import { pathToFileURL } from 'node:url';
import { Ajv2020 } from 'ajv/dist/2020.js';
import { isJsonObject, type JsonObject } from '../../core/json/json-value.ts';
import { type Plugin, PLUGIN_API } from '../../plugin-api/plugin.ts';
import { PluginError } from './plugin-registry.ts';

/** A plug-in with its checked configuration. */
export interface LoadedPlugin {
  readonly plugin: Plugin;
  readonly config: JsonObject;
}

/** An entry of `modules:` in the config. */
export interface ModuleEntry {
  readonly path?: string | undefined;
  readonly package?: string | undefined;
  readonly config?: Record<string, unknown> | undefined;
}

/** Imports the plug-ins that the config names; a `path` is relative to the working directory. @throws PluginError */
export async function importPlugins(entries: readonly ModuleEntry[]): Promise<{ plugin: Plugin; config: unknown; where: string }[]> {
  return Promise.all(
    entries.map(async (entry, index) => {
      const where = `modules[${index}]`;
      const target = entry.path === undefined ? entry.package : pathToFileURL(path.resolve(entry.path)).href;
      if (target === undefined || (entry.path !== undefined && entry.package !== undefined)) {
        throw new PluginError(`${where} needs exactly one of path and package`);
      }
      let module: { default?: unknown };
      try {
        module = (await import(target)) as { default?: unknown };
      } catch (error) {
        throw new PluginError(
          `${where}: ${entry.path ?? entry.package} could not be loaded: ${error instanceof Error ? error.message : String(error)}`,
        );
      }
      if (!isPlugin(module.default)) throw new PluginError(`${where}: ${entry.path ?? entry.package} has no plug-in as its default export`);
      return { plugin: module.default, config: entry.config, where };
    }),
  );
}

/**
 * Checks API numbers, names and configuration, and sorts by `requires`.
 *
 * @throws PluginError that names the plug-in and the place in the config
 */
export function arrangePlugins(candidates: readonly { plugin: Plugin; config: unknown; where: string }[]): LoadedPlugin[] {
  const byName = new Map<string, LoadedPlugin>();
  for (const { plugin, config, where } of candidates) {
    if (plugin.api !== PLUGIN_API) {
      throw new PluginError(`Plug-in ${plugin.name} (${where}) was written for plug-in API ${plugin.api}; this server has ${PLUGIN_API}.`);
    }
    if (byName.has(plugin.name)) throw new PluginError(`Two plug-ins are called ${plugin.name} (${where}).`);
    byName.set(plugin.name, { plugin, config: checkConfig(plugin, config, where) });
  }
  const sorted: LoadedPlugin[] = [];
  const visiting = new Set<string>();
  const visit = (loaded: LoadedPlugin): void => {
    if (sorted.includes(loaded)) return;
    const { name, requires = [] } = loaded.plugin;
    if (visiting.has(name)) throw new PluginError(`Plug-ins require each other in a circle: ${[...visiting, name].join(' → ')}.`);
    visiting.add(name);
    for (const required of requires) {
      const other = byName.get(required);
      if (other === undefined) throw new PluginError(`Plug-in ${name} requires ${required}, which is not loaded.`);
      visit(other);
    }
    visiting.delete(name);
    sorted.push(loaded);
  };
  for (const loaded of byName.values()) visit(loaded);
  return sorted;
}

function checkConfig(plugin: Plugin, config: unknown, where: string): JsonObject {
  const given = config ?? {};
  if (!isJsonObject(given)) throw new PluginError(`${where}.config must be a mapping`);
  if (plugin.config === undefined) return given;
  const ajv = new Ajv2020({ strict: false, allErrors: false, useDefaults: true });
  const validate = ajv.compile(plugin.config);
  const copy = structuredClone(given);
  if (!validate(copy)) {
    const [error] = validate.errors ?? [];
    const place = (error?.instancePath ?? '').replaceAll('/', '.');
    throw new PluginError(`Plug-in ${plugin.name}: ${where}.config${place} ${error?.message ?? 'is not valid'}`);
  }
  return copy;
}

function isPlugin(value: unknown): value is Plugin {
  const plugin = value as Partial<Plugin> | null;
  return typeof plugin === 'object' && plugin !== null && typeof plugin.name === 'string' && typeof plugin.setup === 'function';
}
