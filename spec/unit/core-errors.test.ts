import { describe, expect, it } from 'vitest';
import { ERROR_STATUS } from '../../src/core/errors/error-codes.ts';
import { MatrixError } from '../../src/core/errors/matrix-error.ts';

/** https://spec.matrix.org/v1.19/client-server-api/#standard-error-response: the codes of its two lists. */
const STANDARD_CODES = `M_BAD_JSON M_FORBIDDEN M_LIMIT_EXCEEDED M_MISSING_TOKEN M_NOT_FOUND M_NOT_JSON M_RESOURCE_LIMIT_EXCEEDED M_UNKNOWN
M_UNKNOWN_DEVICE M_UNKNOWN_TOKEN M_UNRECOGNIZED M_USER_LIMIT_EXCEEDED M_USER_LOCKED M_USER_SUSPENDED M_BAD_STATE
M_CANNOT_LEAVE_SERVER_NOTICE_ROOM M_CAPTCHA_INVALID M_CAPTCHA_NEEDED M_EXCLUSIVE M_GUEST_ACCESS_FORBIDDEN
M_INCOMPATIBLE_ROOM_VERSION M_INVALID_PARAM M_INVALID_ROOM_STATE M_INVALID_USERNAME M_MISSING_PARAM M_ROOM_IN_USE
M_SERVER_NOT_TRUSTED M_THREEPID_AUTH_FAILED M_THREEPID_DENIED M_THREEPID_IN_USE M_THREEPID_MEDIUM_NOT_SUPPORTED
M_THREEPID_NOT_FOUND M_TOO_LARGE M_UNAUTHORIZED M_UNSUPPORTED_ROOM_VERSION M_USER_DEACTIVATED M_USER_IN_USE`.split(/\s+/);

/** Codes that sections of single endpoints bring, in the client-server, server-server and application service APIs. */
const ENDPOINT_CODES = `M_APPSERVICE_LOGIN_UNSUPPORTED M_BAD_ALIAS M_BAD_STATUS M_CANNOT_OVERWRITE_MEDIA M_CONNECTION_FAILED
M_CONNECTION_TIMEOUT M_DUPLICATE_ANNOTATION M_INVALID_SIGNATURE M_INVITE_BLOCKED M_KEY_TOO_LARGE M_NOT_YET_UPLOADED
M_PROFILE_TOO_LARGE M_UNABLE_TO_AUTHORISE_JOIN M_UNABLE_TO_GRANT_JOIN M_URL_NOT_SET M_WEAK_PASSWORD M_WRONG_ROOM_KEYS_VERSION`.split(/\s+/);

describe('error codes', () => {
  it.each([...STANDARD_CODES, ...ENDPOINT_CODES])('knows %s', (code) => {
    expect(ERROR_STATUS).toHaveProperty(code);
  });

  it('gives every code an HTTP error status', () => {
    for (const [code, status] of Object.entries(ERROR_STATUS)) {
      expect(code).toMatch(/^M_[A-Z_]+$/);
      expect(status).toBeGreaterThanOrEqual(400);
      expect(status).toBeLessThan(600);
    }
  });

  it('has the statuses that clients act on', () => {
    expect(ERROR_STATUS).toMatchObject({
      M_UNKNOWN_TOKEN: 401,
      M_MISSING_TOKEN: 401,
      M_USER_LOCKED: 401,
      M_LIMIT_EXCEEDED: 429,
      M_FORBIDDEN: 403,
      M_NOT_FOUND: 404,
      M_UNRECOGNIZED: 404,
      M_BAD_JSON: 400,
      M_TOO_LARGE: 413,
      M_BAD_STATUS: 502,
      M_NOT_YET_UPLOADED: 504,
    });
  });
});

describe('MatrixError', () => {
  it('carries code, text, further fields, status and cause', () => {
    const cause = new Error('why');
    const error = new MatrixError('M_LIMIT_EXCEEDED', 'Slow down', { extra: { retry_after_ms: 5 }, status: 418, cause });
    expect(error).toMatchObject({
      name: 'MatrixError',
      errcode: 'M_LIMIT_EXCEEDED',
      message: 'Slow down',
      extra: { retry_after_ms: 5 },
      status: 418,
      cause,
    });
  });

  it('leaves the rest out', () => {
    const error = new MatrixError('M_FORBIDDEN', 'No');
    expect(error.extra).toEqual({});
    expect(error.status).toBeUndefined();
    expect(Object.hasOwn(error, 'cause')).toBe(false);
  });
});
