import { MatrixError } from '../../core/errors/matrix-error.ts';

/** A whole number from the query. @throws MatrixError `M_INVALID_PARAM` */
export function queryNumber(query: URLSearchParams, name: string, options: { fallback: number; min: number; max: number }): number {
  const raw = query.get(name);
  if (raw === null || raw === '') return options.fallback;
  if (!/^\d{1,15}$/.test(raw) || Number(raw) < options.min)
    throw new MatrixError('M_INVALID_PARAM', `${name} must be a number from ${options.min}`);
  return Math.min(Number(raw), options.max);
}

/** `true` or `false` from the query; undefined when absent. @throws MatrixError `M_INVALID_PARAM` */
export function queryFlag(query: URLSearchParams, name: string): boolean | undefined {
  const raw = query.get(name);
  if (raw === null || raw === '') return undefined;
  if (raw === 'true') return true;
  if (raw === 'false') return false;
  throw new MatrixError('M_INVALID_PARAM', `${name} must be true or false`);
}
