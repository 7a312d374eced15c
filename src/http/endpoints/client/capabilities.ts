import { DEFAULT_ROOM_VERSION, ROOM_VERSIONS } from '../../../core/room-versions/room-versions.ts';
import type { JsonObject } from '../../../core/json/json-value.ts';
import { endpointFactory } from '../../../plugin-api/endpoint.ts';

export interface CapabilitiesDeps {
  /** What modules have announced with `host.capability`. */
  readonly capabilities: () => JsonObject;
  /** Version of new rooms; default: what the specification recommends. */
  readonly defaultRoomVersion?: string;
}

const AVAILABLE = Object.fromEntries(Object.keys(ROOM_VERSIONS).map((version) => [version, 'stable']));

/** @see https://spec.matrix.org/v1.19/client-server-api/#capabilities-negotiation */
export const capabilities = endpointFactory<CapabilitiesDeps>()({
  method: 'GET',
  path: '/_matrix/client/v3/capabilities',
  auth: 'guest',
  handler: ({ deps, requester }) => ({
    capabilities: {
      'm.room_versions': { default: deps.defaultRoomVersion ?? DEFAULT_ROOM_VERSION, available: AVAILABLE },
      'm.change_password': { enabled: !requester.isGuest },
      'm.get_login_token': { enabled: !requester.isGuest },
      // Addresses are added by proving them by mail, which this server does not send.
      'm.3pid_changes': { enabled: false },
      ...(requester.isAdmin ? { 'm.account_moderation': { lock: true, suspend: true } } : {}),
      ...deps.capabilities(),
    },
  }),
});
