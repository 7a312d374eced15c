import { Type } from 'typebox';
import { definePlugin } from '../../plugin-api/plugin.ts';
import { getPresence, setPresence } from './endpoints/presence-status.ts';
import { Presence } from './presence.ts';
import { presenceStream } from './presence-stream.ts';
import { receivePresence } from './receive-presence.ts';

const PresenceConfig = Type.Object({
  enabled: Type.Boolean({ default: true, description: 'Whether users see who of those they share a room with is online.' }),
});

/** Fields of the profile that presence events show. */
const SHOWN_FIELDS: ReadonlySet<string> = new Set(['displayname', 'avatar_url']);

/** Presence. https://spec.matrix.org/v1.19/client-server-api/#presence */
export default definePlugin({
  name: 'presence',
  api: 1,
  config: PresenceConfig,
  setup(host) {
    const { rooms, users } = host;
    if (!host.config.enabled) {
      host.endpoints([setPresence, getPresence], { presence: null, rooms, users });
      return;
    }
    const isLocal: typeof users.isLocal = (userId) => users.isLocal(userId);
    const presence = new Presence({ clock: host.clock, commits: host.commits, rooms, isLocal, log: host.log });
    host.provide('presence', presence);
    host.stream(presenceStream(presence, rooms));
    host.endpoints([setPresence, getPresence], { presence, rooms, users });
    host.edu('m.presence', (content, origin) => receivePresence(presence, content, origin, host.clock.now()));
    host.unstableFeature('org.matrix.msc3026.busy_presence');
    host.observe({
      name: 'presence',
      writes: (event) => {
        if (event.stateKey === undefined && isLocal(event.sender)) presence.active(event.sender);
        return [];
      },
    });
    host.on('profileChanged', async ({ userId, fields }) => {
      if (!fields.some((field) => SHOWN_FIELDS.has(field))) return;
      const profile = (await host.slot('profile')?.get(userId)) ?? {};
      presence.setProfile(userId, Object.fromEntries(Object.entries(profile).filter(([field]) => SHOWN_FIELDS.has(field))));
    });
    host.onStart(async () => presence.start());
    host.onStop(async () => presence.stop());
  },
});
