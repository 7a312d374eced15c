import { runVitest } from './run-vitest.ts';

// `npm run test:federation`: the suites of federation-tests/, each with two or more real servers.
process.exitCode = runVitest({ name: 'federation', projects: ['federation'], patterns: ['federation-tests/**/*.test.ts'] });
