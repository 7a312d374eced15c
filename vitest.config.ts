import { defineConfig } from 'vitest/config';

/** For suites that start servers on a busy machine: a limit for hangs, not an assertion about speed. */
const HANG_LIMIT_MS = 60_000;

/** Suites that need PostgreSQL run in processes of their own beside one server per run; the others need nothing. */
const withDatabase = {
  globalSetup: 'spec/support/database-server.ts',
  pool: 'forks',
  testTimeout: HANG_LIMIT_MS,
  hookTimeout: HANG_LIMIT_MS,
} as const;

export default defineConfig({
  test: {
    projects: [
      { test: { name: 'pure', include: ['spec/{unit,property,contract}/**/*.test.ts'], testTimeout: HANG_LIMIT_MS } },
      { test: { name: 'database', include: ['spec/{integ,sim}/**/*.test.ts'], ...withDatabase } },
      { test: { name: 'federation', include: ['federation-tests/**/*.test.ts'], ...withDatabase } },
    ],
  },
});
