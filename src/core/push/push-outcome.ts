import { isJsonObject, type JsonValue } from '../json/json-value.ts';
import type { PushAction, SetTweak } from './push-rule.ts';

/** What the matching rule asks for. */
export interface PushOutcome {
  readonly notify: boolean;
  /** Only with `notify`. */
  readonly highlight: boolean;
  /** Only with `notify`; `undefined` is silent. */
  readonly sound: string | undefined;
  /** Everything that `set_tweak` sets, for the push gateway; a later action replaces an earlier one of the same name. */
  readonly tweaks: { readonly [name: string]: JsonValue };
  readonly actions: readonly PushAction[];
}

/** No rule matched, or the matching rule asks for nothing. */
export const NO_PUSH: PushOutcome = { notify: false, highlight: false, sound: undefined, tweaks: {}, actions: [] };

/** https://spec.matrix.org/v1.19/client-server-api/#actions */
export function outcomeOf(actions: readonly JsonValue[]): PushOutcome {
  const known = knownActions(actions);
  const notify = known.includes('notify');
  const entries: [string, JsonValue][] = [];
  for (const action of known) {
    if (action === 'notify') continue;
    // A highlight without a value is a highlight.
    const value = action.value ?? (action.set_tweak === 'highlight' ? true : null);
    entries.push([action.set_tweak, value]);
  }
  const tweaks: { [name: string]: JsonValue } = Object.fromEntries(entries);
  const sound = Object.hasOwn(tweaks, 'sound') ? tweaks['sound'] : undefined;
  return {
    notify,
    highlight: notify && Object.hasOwn(tweaks, 'highlight') && tweaks['highlight'] === true,
    sound: notify && typeof sound === 'string' ? sound : undefined,
    tweaks,
    actions: known,
  };
}

/** Drops `dont_notify`, `coalesce` and whatever else is no action. https://spec.matrix.org/v1.19/client-server-api/#historical-actions */
export function knownActions(actions: readonly JsonValue[]): PushAction[] {
  return actions.filter((action): action is PushAction => action === 'notify' || isSetTweak(action));
}

export function isSetTweak(action: JsonValue): action is SetTweak {
  return isJsonObject(action) && typeof action['set_tweak'] === 'string';
}
