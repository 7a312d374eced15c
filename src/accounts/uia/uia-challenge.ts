import type { JsonObject } from '../../core/json/json-value.ts';

/**
 * "Authenticate first": the answer is 401 with `body`, which has flows, parameters and the session, and `errcode` with
 * `error` after a failed attempt.
 *
 * @see https://spec.matrix.org/v1.19/client-server-api/#user-interactive-api-in-the-rest-api
 */
export class UiaChallenge extends Error {
  readonly body: JsonObject;

  constructor(body: JsonObject) {
    super('user-interactive authentication is needed');
    this.name = 'UiaChallenge';
    this.body = body;
  }
}
