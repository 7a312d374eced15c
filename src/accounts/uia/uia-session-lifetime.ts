/** A session of user-interactive authentication that nobody finishes ends after this. */
export const UIA_SESSION_LIFETIME_MS = 24 * 60 * 60_000;
