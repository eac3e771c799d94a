/** The schemas of a problem (RFC 9457) and of what is inside it. */
import { errorSets } from '../../modules.ts';
import type { Json } from './json.ts';
import { opened, withKnownValues } from './open-enums.ts';

function allDefinitions() {
  return errorSets.flatMap((set) => Object.values(set)).map(({ definition }) => definition);
}

const REQUEST_ID_SCHEMA = { type: 'string', minLength: 1, maxLength: 128, pattern: '^[A-Za-z0-9._:-]{1,128}$' };
const text = (description: string, maxLength: number) => ({
  type: 'string',
  minLength: 0,
  maxLength,
  pattern: '^[^\\x00]*$',
  description,
});

/** Text that may repeat a part of the request, which has no bounds of its own. */
const echo = (description: string) => ({ type: 'string', minLength: 0, description });

/** Returns them by name; the members beyond the standard ones are those that the modules' errors declare. */
export function problemSchemas(): Record<string, Json> {
  return {
    Problem: {
      type: 'object',
      description: 'What went wrong (RFC 9457). `code` is what programs decide by.',
      required: ['type', 'title', 'status', 'detail', 'instance', 'code'],
      properties: {
        type: {
          type: 'string',
          minLength: 1,
          maxLength: 200,
          pattern: '^urn:tenant-registry:problem:[a-z0-9_]+$',
          description: 'Stable name (a URI) of the kind of problem: it ends in the code.',
        },
        title: text('What the status means.', 100),
        status: {
          type: 'integer',
          format: 'int32',
          minimum: 400,
          maximum: 599,
          description: 'The status of the answer.',
        },
        detail: text('What happened and what to do, for people; of wrong input, the first mistake.', 1000),
        instance: { ...REQUEST_ID_SCHEMA, description: 'The request id: what to name when asking for help.' },
        code: { $ref: '#/components/schemas/ProblemCode' },
        errors: {
          type: 'array',
          minItems: 1,
          maxItems: 1000,
          description: 'What is wrong with the input, field by field.',
          items: { $ref: '#/components/schemas/ProblemError' },
        },
        ...Object.assign({}, ...allDefinitions().map(({ members }) => members)),
      },
    },
    ProblemCode: withKnownValues(
      opened({
        type: 'string',
        enum: allDefinitions().map(({ code }) => code),
        description: 'The kind of problem. No code is ever removed or given another meaning.',
      }),
    ),
    ProblemError: {
      type: 'object',
      description: 'What is wrong with one place of the input.',
      required: ['pointer', 'message', 'in'],
      properties: {
        pointer: echo('JSON pointer (RFC 6901) into the input; empty for the whole of it.'),
        message: echo('What is wrong, for people: it follows the name of the field in a sentence.'),
        in: withKnownValues(
          opened({
            type: 'string',
            enum: ['body', 'query', 'path', 'header'],
            description: 'The part of the request that has it.',
          }),
        ),
      },
    },
  };
}
