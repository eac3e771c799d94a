/** Reasons to refuse an object, in the words of a Kubernetes API server (1.34 and later). */
import type { Cause, Json } from './types.ts';

const shown = (value: Json): string => JSON.stringify(value);
const quoted = (value: Json): string => shown(typeof value === 'string' ? value : shown(value));

/** A malformed value; without `value`, the message does not show it. */
export const invalid = (field: string, detail: string, value?: Json): Cause => ({
  reason: 'FieldValueInvalid',
  message: `Invalid value: ${value === undefined ? '' : `${shown(value)}: `}${detail}`,
  field,
});

/** A value of another type than the schema's; `found` is the name of its type, or the text that a format refuses. */
export const typeInvalid = (field: string, expected: string, found: string): Cause => ({
  reason: 'FieldValueTypeInvalid',
  message: `Invalid value: ${shown(found)}: ${field} in body must be of type ${expected}: ${shown(found)}`,
  field,
});

export const unsupported = (field: string, value: Json, supported: readonly Json[]): Cause => ({
  reason: 'FieldValueNotSupported',
  message: `Unsupported value: ${shown(value)}: supported values: ${supported.map(quoted).join(', ')}`,
  field,
});

export const duplicate = (field: string, value: Json): Cause => ({
  reason: 'FieldValueDuplicate',
  message: `Duplicate value: ${shown(value)}`,
  field,
});

export const tooLong = (field: string, bytes: number): Cause => ({
  reason: 'FieldValueTooLong',
  message: `Too long: may not be more than ${bytes} bytes`,
  field,
});

export const tooMany = (field: string, found: number, most: number): Cause => ({
  reason: 'FieldValueTooMany',
  message: `Too many: ${found}: must have at most ${most} items`,
  field,
});

/** Stands in place of the rules of CEL where the object is too broken for them to be run. */
export const rulesNotRun: Cause = invalid(
  '<nil>',
  'some validation rules were not checked because the object was invalid; correct the existing errors to complete validation',
  null,
);

const BLOCKING = ['FieldValueRequired', 'FieldValueTypeInvalid', 'FieldValueTooLong', 'FieldValueTooMany'];

/** Answers whether rules of CEL cannot be run on an object with this cause. */
export const blocksRules = ({ reason }: Cause): boolean => BLOCKING.includes(reason);
