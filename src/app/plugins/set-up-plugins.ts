import { checkStateResolvers } from './check-state-resolvers.ts';
import type { LoadedPlugin } from './load-plugins.ts';
import { createPluginHost, type HostPorts } from './plugin-host.ts';
import { PluginError, type PluginRegistry } from './plugin-registry.ts';

/**
 * Lets all plug-ins register, in order, closes the registry, and checks what a wrong plug-in would break for everybody.
 *
 * @throws PluginError that names the plug-in
 */
export async function setUpPlugins(options: {
  plugins: readonly LoadedPlugin[];
  registry: PluginRegistry;
  ports: HostPorts;
}): Promise<void> {
  const { plugins, registry, ports } = options;
  for (const { plugin, config } of plugins) {
    try {
      await plugin.setup(createPluginHost({ name: plugin.name, config, ports, registry }));
    } catch (error) {
      if (error instanceof PluginError) throw error;
      throw new PluginError(`Plug-in ${plugin.name} could not be set up: ${error instanceof Error ? error.message : String(error)}`, {
        cause: error,
      });
    }
  }
  registry.freeze();
  checkStateResolvers(registry);
}
