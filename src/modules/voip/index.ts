import { Type } from 'typebox';
import { endpointFactory } from '../../plugin-api/endpoint.ts';
import type { Clock } from '../../platform/clock.ts';
import { definePlugin, PLUGIN_API } from '../../plugin-api/plugin.ts';
import { turnCredentials } from './turn-credentials.ts';

/** The `turn` section of the configuration. */
const TurnConfig = Type.Object({
  uris: Type.Array(Type.String()),
  shared_secret: Type.Optional(Type.String()),
  ttl: Type.Integer(),
  username: Type.Optional(Type.String()),
  password: Type.Optional(Type.String()),
});

interface TurnDeps {
  readonly config: {
    readonly uris: readonly string[];
    readonly shared_secret?: string;
    /** Seconds. */
    readonly ttl: number;
    readonly username?: string;
    readonly password?: string;
  };
  readonly clock: Clock;
}

/**
 * Where clients find a relay for their calls; an empty object where there is none.
 *
 * @see https://spec.matrix.org/v1.19/client-server-api/#get_matrixclientv3voipturnserver
 */
const turnServer = endpointFactory<TurnDeps>()({
  method: 'GET',
  path: '/_matrix/client/v3/voip/turnServer',
  auth: 'guest',
  handler({ deps: { config, clock }, requester }) {
    const { uris, ttl, shared_secret: sharedSecret, username, password } = config;
    if (uris.length === 0) return {};
    if (sharedSecret !== undefined) {
      const own = turnCredentials({ sharedSecret, userId: requester.userId, now: clock.now(), ttlSeconds: ttl });
      return { ...own, uris, ttl };
    }
    return username === undefined || password === undefined ? {} : { username, password, uris, ttl };
  },
});

/** Relays for calls between two people. https://spec.matrix.org/v1.19/client-server-api/#voice-over-ip */
export default definePlugin({
  name: 'voip',
  api: PLUGIN_API,
  config: TurnConfig,
  setup(host) {
    host.endpoints([turnServer], { config: host.config, clock: host.clock });
  },
});
