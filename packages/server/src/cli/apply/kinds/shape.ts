/** The shapes of declared things, made of those of the API: what one refuses, the other refuses too. */
import { z } from 'zod';

type Shape = Readonly<Record<string, z.core.$ZodType>>;

/** Returns the fields of an input without those left out. A field with a default may be absent, and then means nothing. */
export function fieldsOf(
  input: { readonly shape: object },
  leftOut: readonly string[],
): Record<string, z.core.$ZodType> {
  const fields = Object.entries(input.shape as Shape).filter(([name]) => !leftOut.includes(name));
  return Object.fromEntries(fields.map(([name, field]) => [name, withoutDefault(field)]));
}

function withoutDefault(field: z.core.$ZodType): z.core.$ZodType {
  return field instanceof z.ZodDefault ? z.optional(field.unwrap()) : field;
}
