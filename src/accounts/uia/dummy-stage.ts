import type { UiaStage } from './uia-stage.ts';

/** @see https://spec.matrix.org/v1.19/client-server-api/#dummy-auth */
export const dummyStage: UiaStage = { type: 'm.login.dummy', check: async () => ({ ok: true }) };
