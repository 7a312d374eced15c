import { type Static, Type } from 'typebox';
import type { JsonObject } from '../../core/json/json-value.ts';

/** The `auth` key of user-interactive authentication. Its further keys depend on the stage. */
export const AuthData = Type.Object({ type: Type.Optional(Type.String()), session: Type.Optional(Type.String()) });

/** The stages read keys of their own, so the type is opened again. */
export function authData(auth: Static<typeof AuthData> | undefined): JsonObject | undefined {
  return auth as JsonObject | undefined;
}
