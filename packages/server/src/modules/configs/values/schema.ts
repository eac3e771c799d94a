/** The shapes of one key's value: read, written, deleted. */
import { z } from 'zod';
import { id } from '../../../kernel/schema.ts';
import { configKey, configPlace, content, projectOf, reason, version } from '../schema.ts';

const expectedVersion = version.optional().meta({
  description: 'The version that the change is made from; 0: the key has no value. It or If-Match is required.',
  examples: [7],
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
    .meta({ description: 'The version of the schema; absent beside `schema_id`: its latest one.', examples: [2] }),
};

const ignoreReaders = z
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

export const createConfigInput = z.strictObject({ ...projectOf, key: configKey, content, ...pin, reason });
export type CreateConfig = z.output<typeof createConfigInput>;

export const deleteConfigInput = z.strictObject({ ...configPlace, expected_version: expectedVersion, reason });
export type DeleteConfig = z.output<typeof deleteConfigInput>;
