import { runVitest } from './run-vitest.ts';

// `npm test`: every suite that needs one machine.
process.exitCode = runVitest({
  name: 'test',
  projects: ['pure', 'database'],
  patterns: ['spec/{unit,property,contract,integ,sim}/**/*.test.ts'],
});
