import type { DeviceId, UserId } from '../../core/ids/brands.ts';

/** A local account as stored. Times are ms since 1970. */
export interface AccountRow {
  readonly userId: UserId;
  readonly passwordHash: string | null;
  readonly isGuest: boolean;
  readonly isAdmin: boolean;
  readonly createdTs: number;
  readonly deactivatedTs: number | null;
  readonly erased: boolean;
  readonly locked: boolean;
  readonly suspended: boolean;
  readonly appserviceId: string | null;
}

export interface DeviceRow {
  readonly deviceId: DeviceId;
  readonly displayName: string | null;
  readonly createdTs: number;
  readonly lastSeenTs: number | null;
  readonly lastSeenIp: string | null;
  readonly lastSeenAgent: string | null;
}

/** An access token together with what the pipeline must know of its account. */
export interface AccessTokenRow {
  readonly id: number;
  readonly userId: UserId;
  readonly deviceId: DeviceId | null;
  readonly expiresTs: number | null;
  readonly isGuest: boolean;
  readonly isAdmin: boolean;
  readonly locked: boolean;
  readonly suspended: boolean;
  readonly deactivated: boolean;
  /** The refresh token that the first use of this access token revokes. */
  readonly replacesRefreshId: number | null;
  /** When the device was last seen, for batching. */
  readonly lastSeenTs: number | null;
}

export interface RefreshTokenRow {
  readonly id: number;
  readonly userId: UserId;
  readonly deviceId: DeviceId;
  readonly expiresTs: number | null;
  readonly replaces: number | null;
  readonly locked: boolean;
  readonly deactivated: boolean;
}

export interface RegistrationTokenRow {
  readonly token: string;
  readonly usesAllowed: number | null;
  readonly completed: number;
  /** Sign-ups under way that gave this token. */
  readonly pending: number;
  readonly expiryTs: number | null;
  readonly makesAdmin: boolean;
}

export interface UiaSessionRow {
  readonly id: string;
  readonly action: string;
  readonly userId: UserId | null;
  readonly createdTs: number;
  readonly completed: readonly string[];
  readonly registrationToken: string | null;
  readonly data: string;
}

export interface ThreepidRow {
  readonly medium: string;
  readonly address: string;
  readonly validatedTs: number;
  readonly addedTs: number;
}

/** What an account list may be narrowed to. */
export interface AccountQuery {
  /** Part of the user id. */
  readonly search?: string;
  readonly guests?: boolean;
  readonly deactivated?: boolean;
  readonly admins?: boolean;
  readonly from: number;
  readonly limit: number;
}
