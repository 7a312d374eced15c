import { type AnySchema, Ajv2020, type ErrorObject, type ValidateFunction } from 'ajv/dist/2020.js';
import type { TSchema } from 'typebox';
import { MatrixError } from '../../core/errors/matrix-error.ts';
import type { Exchange, Stage } from './exchange.ts';

const ajv = new Ajv2020({ strict: true, allErrors: false, allowUnionTypes: true, strictRequired: false });

/** Checks the parts of the body that the server reads; further keys are nobody's business. Compiled at the first request. */
export function validateStage(schema: TSchema): Stage {
  let validate: ValidateFunction | null = null;
  return (exchange: Exchange) => {
    validate ??= ajv.compile(schema as AnySchema);
    if (!validate(exchange.body)) throw new MatrixError('M_BAD_JSON', messageOf(validate.errors?.[0]));
  };
}

function messageOf(error: ErrorObject | undefined): string {
  if (error === undefined) return 'The body is not valid';
  const where = error.instancePath === '' ? 'body' : error.instancePath.slice(1).replaceAll('/', '.');
  return `${where} ${error.message ?? 'is not valid'}`;
}
