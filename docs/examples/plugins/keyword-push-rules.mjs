// Messages that hold one of the configured words notify and highlight for everybody, whatever their own rules say: for alarms.
//
//   modules:
//     - path: ./keyword-push-rules.mjs
//       config: { words: ['fire'] }
//   slots:
//     pushRules: keyword-push-rules
//
// It takes the slot `pushRules` over and builds on the built-in provider, which goes on to keep the rules and the counts.

/** @type {import('weft/src/core/push/push-outcome.ts').PushOutcome} */
const ALARM = {
  notify: true,
  highlight: true,
  sound: 'default',
  tweaks: { highlight: true, sound: 'default' },
  actions: ['notify', { set_tweak: 'highlight', value: true }, { set_tweak: 'sound', value: 'default' }],
};

/** @type {import('weft/src/plugin-api/plugin.ts').Plugin} */
export default {
  name: 'keyword-push-rules',
  api: 1,
  requires: ['push-rules'],
  config: {
    type: 'object',
    properties: { words: { type: 'array', items: { type: 'string', minLength: 1 }, minItems: 1 } },
    required: ['words'],
    additionalProperties: false,
  },

  setup(host) {
    const words = host.config.words.map((word) => word.toLowerCase());
    const isAlarm = (body) => typeof body === 'string' && words.some((word) => body.toLowerCase().includes(word));
    // Which provider is replaced is known after all plug-ins have been set up, so it is asked for when it is needed.
    const builtin = () => host.replaced('pushRules');

    host.provide('pushRules', {
      evaluate(program, context) {
        const { event, userId } = context;
        // Nobody is notified about what they sent themselves.
        if (event.sender !== undefined && event.sender === userId) return builtin().evaluate(program, context);
        return isAlarm(event.at(['content', 'body'])) ? ALARM : builtin().evaluate(program, context);
      },
      notifiesByDefault: (event) => isAlarm(event.content.body) || builtin().notifiesByDefault(event),
      actionsFor: (userId, event) => builtin().actionsFor(userId, event),
      counts: (userId, roomId) => builtin().counts(userId, roomId),
      rulesContent: (userId) => builtin().rulesContent(userId),
      markRead: (mark) => builtin().markRead(mark),
    });
  },
};
