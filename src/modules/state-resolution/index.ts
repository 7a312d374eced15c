import { STATE_RESOLVERS } from '../../core/state-res/run-resolver.ts';
import { definePlugin } from '../../plugin-api/plugin.ts';

/** The published state resolution algorithms, in the slots that room versions name. */
export default definePlugin({
  name: 'state-resolution',
  api: 1,
  setup(host) {
    host.provide('stateResolver:v1', STATE_RESOLVERS.v1);
    host.provide('stateResolver:v2', STATE_RESOLVERS.v2);
    host.provide('stateResolver:v2.1', STATE_RESOLVERS['v2.1']);
  },
});
