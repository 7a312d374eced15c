import fc from 'fast-check';

/** Per property. A mutant that survives has to be tried with every test that reaches it, so a property's full number of runs takes too long. */
const RUNS_MAX = 30;

/** Stands in for `fast-check` while mutants run: the same few examples every time, and no search for a smaller one that fails too. */
export default {
  ...fc,
  assert: <Values>(property: fc.IRawProperty<Values>, options: fc.Parameters<Values> = {}) =>
    fc.assert(property, { ...options, numRuns: Math.min(options.numRuns ?? RUNS_MAX, RUNS_MAX), seed: 20_260_401, endOnFailure: true }),
};
