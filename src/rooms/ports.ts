import type { UserId } from '../core/ids/brands.ts';
import type { JsonObject } from '../core/json/json-value.ts';
import type { HookInputs, HookName, Verdict } from '../plugin-api/hooks.ts';

/** What rooms need from higher floors; `app/context.ts` wires them. */
export interface RoomPorts {
  /** Runs the plug-ins' checks; the first refusal wins. */
  check<Name extends HookName>(name: Name, input: HookInputs[Name]): Promise<Verdict>;
  /** `displayname` and `avatar_url` for a member event; null when the user has none or is not ours. */
  profileOf(userId: UserId): Promise<JsonObject | null>;
  isLocal(userId: UserId): boolean;
  /** Invited users of this server must exist. */
  userExists(userId: UserId): Promise<boolean>;
}
