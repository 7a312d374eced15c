// Refuses messages that hold one of the configured words, and tells the sender why.
//
//   modules:
//     - path: ./spam-check.mjs
//       config: { words: ['casino'], reason: 'No advertising here' }
//
// The only import is of types, and a comment at that: a plug-in is a plain object.

/** @type {import('weft/src/plugin-api/plugin.ts').Plugin} */
export default {
  name: 'spam-check',
  api: 1,
  // JSON Schema; defaults are filled in, and what does not fit stops the start with its place in the configuration.
  config: {
    type: 'object',
    properties: {
      words: { type: 'array', items: { type: 'string', minLength: 1 }, minItems: 1 },
      reason: { type: 'string', default: 'This message was taken for spam' },
    },
    required: ['words'],
    additionalProperties: false,
  },

  setup(host) {
    const words = host.config.words.map((word) => word.toLowerCase());
    const refused = host.metrics.counter({ name: 'spam_check_refused_total', help: 'Messages refused.', labels: [] });

    host.hook('checkEvent', ({ type, content }) => {
      if (type !== 'm.room.message' || typeof content.body !== 'string') return { allow: true };
      const body = content.body.toLowerCase();
      if (!words.some((word) => body.includes(word))) return { allow: true };
      refused.inc({});
      return { allow: false, errcode: 'M_FORBIDDEN', reason: host.config.reason };
    });
  },
};
