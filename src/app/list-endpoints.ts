import { systemClock } from '../platform/clock.ts';
import { silentLogger } from '../platform/logger.ts';
import { createMetrics } from '../platform/metrics.ts';
import { systemRng } from '../platform/rng.ts';
import type { BoundEndpoint } from '../http/bound-endpoint.ts';
import { builtinPlugins } from './builtin-plugins.ts';
import { type Config, loadConfig } from './config/load-config.ts';
import { servedEndpoints, type TableDeps } from './endpoint-table.ts';
import { arrangePlugins } from './plugins/load-plugins.ts';
import type { HostPorts } from './plugins/plugin-host.ts';
import { PluginRegistry } from './plugins/plugin-registry.ts';
import { setUpPlugins } from './plugins/set-up-plugins.ts';

/** One path under which the server answers. */
export interface ListedEndpoint {
  readonly method: string;
  /** With `:name` for parameters. */
  readonly path: string;
  readonly auth: string;
  /** The module, or the part of the server, that registered it. */
  readonly source: string;
}

/** Every path of the built-in endpoints, spellings of older API versions left out. */
export async function listEndpoints(): Promise<ListedEndpoint[]> {
  return (await collectEndpoints()).flatMap(({ spec, source }) =>
    [spec.path, ...(spec.aliases ?? [])].map((path) => ({ method: spec.method, path, auth: spec.auth, source })),
  );
}

/**
 * The endpoints of a server with this configuration (the default one unless told), without a server: the built-in modules are set up
 * with ports that nobody may use yet, which `setup` has to respect anyway.
 */
export async function collectEndpoints(
  config: Config = loadConfig({ files: [], environment: {}, workingFolder: '.' }),
): Promise<BoundEndpoint[]> {
  const registry = new PluginRegistry(config.slots);
  await setUpPlugins({ plugins: arrangePlugins(builtinPlugins(config)), registry, ports: idlePorts(config) });
  return servedEndpoints(notReady<TableDeps>('the server'), registry.endpoints);
}

function idlePorts(config: Config): HostPorts {
  return {
    server: { serverName: config.server_name as HostPorts['server']['serverName'], publicBaseUrl: config.public_base_url },
    log: silentLogger,
    clock: systemClock,
    rng: systemRng,
    metrics: createMetrics({ processMetrics: false }),
    db: notReady('db'),
    commits: notReady('commits'),
    rooms: notReady('rooms'),
    events: notReady('events'),
    users: notReady('users'),
    uia: notReady('uia'),
  };
}

/** Stands for something until it is there: it can be handed on, and says so when it is used. */
function notReady<Port extends object>(name: string): Port {
  const use = (): never => {
    throw new Error(`${name} was used while only endpoints were collected`);
  };
  return new Proxy({} as Port, { get: use, has: use, set: use });
}
