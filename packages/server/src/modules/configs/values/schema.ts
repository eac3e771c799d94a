/** The shapes of one key's value: read, written, deleted. */
import { z } from 'zod';
import { id, textUpTo } from '../../../kernel/schema.ts';
import {
  CONTENT_BODY_BYTES_MAX,
  configKey,
  configPlace,
  content,
  projectOf,
  reason,
  shownContent,
  version,
} from '../schema.ts';

export const expectedVersion = version.optional().meta({
  description: 'The version that the change is made from; 0: the key has no value. It or If-Match is required.',
  examples: [1],
});

const pin = {
  schema_id: id
    .nullish()
    .describe('Checks the content against this schema from now on; null: against none. Absent: as before.'),
  schema_version: z
    .int()
    .min(1)
    .max(2_147_483_647)
    .optional()
    .meta({ description: 'The version of the schema; absent beside `schema_id`: its latest one.' }),
};

export const ignoreReaders = z
  .boolean()
  .optional()
  .describe('Writes also what a program that reads the key does not accept. The event names the programs.');

export const getConfigInput = z.strictObject(configPlace);
export type GetConfig = z.output<typeof getConfigInput>;

export const putConfigInput = z.strictObject({
  ...configPlace,
  content,
  expected_version: expectedVersion,
  ...pin,
  reason,
  ignore_readers: ignoreReaders,
});
export type PutConfig = z.output<typeof putConfigInput>;

export const createConfigInput = z.strictObject({
  ...projectOf,
  key: configKey,
  content,
  ...pin,
  reason,
  ignore_readers: ignoreReaders,
});
export type CreateConfig = z.output<typeof createConfigInput>;

export const deleteConfigInput = z.strictObject({ ...configPlace, expected_version: expectedVersion, reason });
export type DeleteConfig = z.output<typeof deleteConfigInput>;

export const validateConfigInput = z.strictObject({ ...configPlace, content, ...pin });
export type ValidateConfig = z.output<typeof validateConfigInput>;

/** Of RFC 6902. A value that is whole content has the pointer '' as its path. */
export const patch = z
  .array(
    z
      .object({
        op: z.enum(['add', 'remove', 'replace', 'move', 'copy', 'test']).describe('What it does.'),
        path: z.string().meta({ maxLength: CONTENT_BODY_BYTES_MAX, description: 'The place: a JSON pointer.' }),
        from: z
          .string()
          .meta({ maxLength: CONTENT_BODY_BYTES_MAX })
          .optional()
          .describe('Of `move` and `copy`: the place.'),
        value: shownContent.optional(),
      })
      .describe('An operation of JSON Patch.'),
  )
  .meta({
    id: 'JsonPatch',
    maxItems: CONTENT_BODY_BYTES_MAX,
    description:
      'Operations of JSON Patch (RFC 6902). Where there was no content before, the one operation adds the whole at the path ""; where there is none after, it removes the whole.',
    examples: [[{ op: 'replace', path: '/max_users', value: 60 }]],
  });

export const validation = z
  .object({
    valid: z.boolean().describe('Whether the content is valid by the schema; true without a schema.'),
    errors: z
      .array(
        z
          .object({
            pointer: textUpTo(CONTENT_BODY_BYTES_MAX).meta({
              description: 'The place: a JSON pointer.',
              examples: ['/content/max_users'],
            }),
            message: textUpTo(1_000).meta({ description: 'What is wrong there.', examples: ['must be at least 1'] }),
          })
          .describe('A mistake at a place of the content.'),
      )
      .meta({ maxItems: 20, description: 'The first mistakes.' }),
    version: version.describe('The version of the key now; 0: it has no value.'),
    patch: patch.describe('What makes the content out of the current one.'),
  })
  .meta({ id: 'ConfigValidation', description: 'What a write of the content would meet. Nothing was written.' });
export type Validation = z.infer<typeof validation>;
