import { defineConfig } from 'vitest/config';

/** Suites that need PostgreSQL run in processes of their own beside one server per run; the others need nothing. */
export default defineConfig({
  test: {
    projects: [
      {
        test: {
          name: 'pure',
          include: ['spec/{unit,property,contract}/**/*.test.ts'],
        },
      },
      {
        test: {
          name: 'database',
          include: ['spec/{integ,sim}/**/*.test.ts'],
          globalSetup: ['spec/support/database-server.ts'],
          pool: 'forks',
          testTimeout: 60_000,
          hookTimeout: 60_000,
        },
      },
    ],
  },
});
