import { defineError } from '../../kernel/errors.ts';

export const configSchemaErrors = {
  schemaInvalid: defineError({
    code: 'schema_invalid',
    status: 'BAD_REQUEST',
    detail: 'The content is not a JSON Schema of draft 2020-12 that stands by itself: see errors.',
    example: {
      errors: [{ pointer: '/content/properties/port/type', in: 'body', message: 'must be one of the allowed values' }],
    },
  }),
  validationTooCostly: defineError({
    code: 'validation_too_costly',
    status: 'BAD_REQUEST',
    detail:
      'Checking this schema or content takes more time or memory than it may: simplify patterns and repeated references.',
  }),
} as const;
