import type { UserId } from '../core/ids/brands.ts';
import type { Happenings, HappeningName, HookInputs, HookName, Verdict } from '../plugin-api/hooks.ts';

/** The plug-ins' hooks and listeners, as accounts use them. */
export interface AccountHooks {
  check<Name extends HookName>(name: Name, input: HookInputs[Name]): Promise<Verdict>;
  emit<Name extends HappeningName>(name: Name, happening: Happenings[Name]): Promise<void>;
}

/** Which user ids application services claim. */
export interface AppserviceNamespaces {
  /** Id of the application service that has this user id for itself; null: anybody may have it. */
  exclusiveOwner(userId: UserId): string | null;
  isInNamespace(appserviceId: string, userId: UserId): boolean;
}

export const NO_APPSERVICES: AppserviceNamespaces = { exclusiveOwner: () => null, isInNamespace: () => false };

/** Where a request comes from. */
export interface Caller {
  readonly ip: string;
  readonly userAgent: string;
}
