import type { JsonObject } from '../json/json-value.ts';
import type { ErrorCode } from './error-codes.ts';

/**
 * An expected refusal that a client or a server is told about. It knows its Matrix errcode, not HTTP:
 * `ERROR_STATUS` maps the code to a status; `status` overrides it where the specification names another for one endpoint.
 */
export class MatrixError extends Error {
  readonly errcode: ErrorCode;
  /** Further fields of the answer's body, e.g. `retry_after_ms`. */
  readonly extra: JsonObject;
  readonly status: number | undefined;

  constructor(errcode: ErrorCode, message: string, options: { extra?: JsonObject; status?: number; cause?: unknown } = {}) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause });
    this.name = 'MatrixError';
    this.errcode = errcode;
    this.extra = options.extra ?? {};
    this.status = options.status;
  }
}
