import { type Logger, logger } from 'matrix-js-sdk/lib/logger.js';

const nothing = (): void => undefined;
/** For clients. */
export const silent: Logger = { trace: nothing, debug: nothing, info: nothing, warn: nothing, error: nothing, getChild: () => silent };

// Some files of the SDK write to the global logger, and to children of it, whatever a client is given, and some take hold of it while
// they load: this file has to be loaded before the rest of the SDK.
const root = logger as unknown as { methodFactory: () => () => void; rebuild(): void };
root.methodFactory = () => nothing;
root.rebuild();
