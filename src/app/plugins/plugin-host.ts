import { MatrixError } from '../../core/errors/matrix-error.ts';
import { reply } from '../../plugin-api/endpoint.ts';
import type { PluginHost } from '../../plugin-api/plugin.ts';
import type { JsonObject } from '../../core/json/json-value.ts';
import { bindEndpoints } from '../../http/bound-endpoint.ts';
import { PluginError, type PluginRegistry } from './plugin-registry.ts';
import { runHooks, tell } from './run-hooks.ts';

/** The server's side of a host: ports that exist before plug-ins are set up. */
export type HostPorts = Pick<
  PluginHost,
  'server' | 'log' | 'clock' | 'rng' | 'metrics' | 'db' | 'commits' | 'rooms' | 'events' | 'users' | 'uia'
>;

/** The host that one plug-in gets: registrations carry its name, log lines too. */
export function createPluginHost(options: { name: string; config: JsonObject; ports: HostPorts; registry: PluginRegistry }): PluginHost {
  const { name, config, ports, registry } = options;
  const log = ports.log.child({ part: name });
  const deps = { registry, clock: ports.clock, log };
  return {
    ...ports,
    name,
    config,
    log,
    provide: (slot, provider) => registry.provide(name, slot, provider),
    slot(slot) {
      if (!registry.frozen) throw new PluginError(`plug-in ${name} asks for slot ${slot} during setup; slots are decided afterwards`);
      return registry.slot(slot);
    },
    replaced(slot) {
      if (!registry.frozen) throw new PluginError(`plug-in ${name} asks for slot ${slot} during setup; slots are decided afterwards`);
      return registry.replaced(name, slot);
    },
    hook: (hook, check) => registry.hook(name, hook, check),
    check: (hook, input) => runHooks(deps, hook, input),
    on: (happening, listener) => registry.on(name, happening, listener),
    emit: (happening, value) => tell(deps, happening, value),
    stream: (stream) => registry.add(name, registry.streams, stream),
    observe: (observer) => registry.add(name, registry.observers, observer),
    consumeLog: (consumer, handle) =>
      registry.add(name, registry.consumers, { plugin: name, value: { name: `${name}/${consumer}`, handle } }),
    edu: (type, handler) => registry.edu(name, type, handler),
    endpoints: (endpoints, endpointDeps) => registry.add(name, registry.endpoints, ...bindEndpoints(name, endpoints, endpointDeps)),
    refusal: (errcode, message, extra = {}) => new MatrixError(errcode, message, { extra }),
    reply,
    unstableFeature: (feature) => void registry.unstableFeatures.add(feature),
    capability: (capability, value) => void registry.capabilities.set(capability, value),
    onStart: (start) => registry.add(name, registry.starts, { plugin: name, value: start }),
    onStop: (stop) => registry.add(name, registry.stops, { plugin: name, value: stop }),
  };
}
