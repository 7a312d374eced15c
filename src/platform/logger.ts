import { createRequire } from 'node:module';
import pino from 'pino';

export type LogLevel = 'trace' | 'debug' | 'info' | 'warn' | 'error' | 'fatal' | 'silent';

/** `log.info('text')` or `log.info({ roomId }, 'text')`; an Error goes under `err`. */
interface LogMethod {
  (fields: object, message: string): void;
  (message: string): void;
}

export interface Logger {
  readonly level: string;
  trace: LogMethod;
  debug: LogMethod;
  info: LogMethod;
  warn: LogMethod;
  error: LogMethod;
  fatal: LogMethod;
  /** A logger that adds `fields` to every line. By custom the first field is `part`, the name of the component. */
  child(fields: Record<string, unknown>): Logger;
}

/** Fields that never reach a log line, wherever a caller's object carries them at its first two levels. */
const SECRET_FIELDS = ['access_token', 'refresh_token', 'password', 'authorization', 'shared_secret', 'cookie'];

/**
 * JSON lines to standard output, or coloured lines when it is a terminal.
 * `format` 'auto' asks the terminal; `destination` is for tests.
 */
export function createLogger(options: {
  level: LogLevel;
  format?: 'auto' | 'json' | 'pretty';
  destination?: { write(line: string): void };
}): Logger {
  const redact = { paths: SECRET_FIELDS.flatMap((name) => [name, `*.${name}`]), censor: '[secret]' };
  const settings: pino.LoggerOptions = {
    level: options.level,
    base: null,
    redact,
    timestamp: pino.stdTimeFunctions.isoTime,
    serializers: { err: errorFields },
    formatters: { level: (label) => ({ level: label }) },
  };
  if (options.destination !== undefined) return pino(settings, options.destination);
  const format = options.format ?? 'auto';
  if (format === 'pretty' || (format === 'auto' && process.stdout.isTTY)) return pino(settings, prettyStream());
  // Synchronous: the last lines before a crash are the ones that matter most.
  return pino(settings, pino.destination({ dest: 1, sync: true }));
}

/** A driver's error carries the statement's parameters, which are people's messages and tokens: they stay out of the log. */
function errorFields(error: Error): object {
  const { parameters: _parameters, args: _args, types: _types, ...fields } = pino.stdSerializers.err(error) as pino.SerializedError;
  return fields;
}

/** A logger that says nothing. */
export const silentLogger: Logger = pino({ level: 'silent' });

function prettyStream(): pino.DestinationStream {
  // Loaded only on a terminal: it is not needed in production.
  const pretty = createRequire(import.meta.url)('pino-pretty') as typeof import('pino-pretty');
  return pretty({ sync: true, translateTime: 'SYS:HH:MM:ss.l', singleLine: true });
}
