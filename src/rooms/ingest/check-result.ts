export type CheckResult = { readonly ok: true } | { readonly ok: false; readonly rule: string; readonly reason: string };

export const PASS: CheckResult = { ok: true };
