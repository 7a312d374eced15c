import type { UserId } from '../core/ids/brands.ts';
import type { Happenings, HappeningName, HookInputs, HookName, Verdict } from '../plugin-api/hooks.ts';

/** The plug-ins' hooks and listeners, as accounts use them. */
export interface AccountHooks {
  check<Name extends HookName>(name: Name, input: HookInputs[Name]): Promise<Verdict>;
  emit<Name extends HappeningName>(name: Name, happening: Happenings[Name]): Promise<void>;
}

/** Who the application services are, and which user ids they claim. */
export interface AppserviceNamespaces {
  /** Id of the application service that has this user id for itself; null: anybody may have it. */
  exclusiveOwner(userId: UserId): string | null;
  isInNamespace(appserviceId: string, userId: UserId): boolean;
  /** Id of the application service whose own token this is. */
  byToken(token: string): string | null;
}

export const NO_APPSERVICES: AppserviceNamespaces = { exclusiveOwner: () => null, isInNamespace: () => false, byToken: () => null };

/** Where a request comes from. */
export interface Caller {
  readonly ip: string;
  readonly userAgent: string;
}
