/** The shapes of export and import. */
import { z } from 'zod';
import { id, textUpTo } from '../../../kernel/schema.ts';
import { textStream } from '../../../kernel/streams/text-stream.ts';
import { snapshotInput } from '../reading/schema.ts';
import { configKey, content, cursor, keyPrefix, projectOf, reason, version } from '../schema.ts';
import { ignoreReaders } from '../values/schema.ts';

export const IMPORT_ITEMS_MAX = 1_000;
export const IMPORT_BYTES_MAX = 4_194_304;
/** Mistakes that one answer tells. */
export const MISTAKES_MAX = 20;
/** Items, and keys that are deleted because no item names them. */
const PLANNED_MAX = 11_000;

export const exportConfigsInput = snapshotInput;
export type ExportConfigs = z.output<typeof exportConfigsInput>;
export const exportText = textStream;

/** One line, for the document. */
export const exportExample = {
  'application/x-ndjson': '{"key":"limits","content":{"max_users":50},"schema_id":null,"schema_version":null}\n',
} as const;

const item = z
  .strictObject({
    key: configKey,
    content,
    schema_id: id
      .nullish()
      .describe('Checks the content against this schema from now on; null: against none. Absent: as before.'),
    schema_version: z.int().min(1).max(2_147_483_647).nullish().meta({
      description: 'The version of the schema; absent or null beside a `schema_id`: its latest one.',
      format: 'int32',
    }),
  })
  .meta({ id: 'ConfigImportItem', description: 'A key with its content, as a line of an export has it.' });
export type ImportItem = z.output<typeof item>;

export const importConfigsInput = z.strictObject({
  ...projectOf,
  items: z.array(item).min(1).max(IMPORT_ITEMS_MAX).describe('Lines of an export, or others like them.'),
  prune: z.boolean().default(false).describe('Deletes the keys that no item names.'),
  prune_prefix: keyPrefix.describe('With `prune`: deletes only keys that begin with it.'),
  reason,
  ignore_readers: ignoreReaders,
  dry_run: z.boolean().default(false).describe('Tells the plan, and writes nothing.'),
});
export type ImportConfigs = z.output<typeof importConfigsInput>;

const action = z
  .enum(['create', 'update', 'unchanged', 'delete', 'invalid'])
  .describe('What the import does with the key; an `invalid` item stands in the plan of a dry run alone.');
export type Action = z.infer<typeof action>;

const planned = z
  .object({
    key: textUpTo(128).meta({ description: 'The key.', examples: ['limits'] }),
    action,
    version: version.nullable().describe('That the key has afterwards; null of an invalid item.'),
    written: z.boolean().describe('False of what did not have to be written, or was not.'),
  })
  .meta({ id: 'ConfigImportPlanItem', description: 'What an import does with a key.' });
export type Planned = z.infer<typeof planned>;

const count = (of: string) =>
  z
    .int()
    .min(0)
    .max(PLANNED_MAX)
    .meta({ description: `Items ${of}.`, format: 'int32' });

const mistake = z
  .object({
    pointer: z.string().meta({ description: 'Where (RFC 6901).', examples: ['/items/3/content/max_users'] }),
    message: z.string().meta({ description: 'What is wrong there.', examples: ['must be at least 1'] }),
  })
  .meta({ id: 'ConfigImportMistake', description: 'Why an item is invalid.' });

export const importedConfigs = z
  .object({
    dry_run: z.boolean().describe('Nothing was written, as it was asked for.'),
    complete: z.boolean().describe('False: some of it was not written. See `stopped`, and import again.'),
    cursor: cursor.describe('The state after the last write.'),
    counts: z
      .object({
        create: count('that have no value yet'),
        update: count('that get another value'),
        unchanged: count('that have the value already'),
        delete: count('that lose their value'),
        invalid: count('that cannot be imported'),
      })
      .describe('Items of the plan by action.'),
    items: z.array(planned).meta({
      maxItems: PLANNED_MAX,
      description: 'The items in their order, then the keys that are deleted.',
    }),
    errors: z
      .array(mistake)
      .meta({ maxItems: MISTAKES_MAX, description: 'Of a dry run: why items are invalid, the first 20 mistakes.' }),
    stopped: z
      .object({
        key: textUpTo(128).describe('The first key, in the order of keys, that may not have been written.'),
        code: textUpTo(100).describe('The code of the error: `version_conflict` when a key was changed meanwhile.'),
      })
      .meta({ id: 'ConfigImportStop', description: 'Where an import stopped.' })
      .nullable()
      .describe('Why a later step was not written; null: nothing stopped it.'),
  })
  .meta({ id: 'ImportedConfigs', description: 'The plan of an import, and what of it was written.' });
export type ImportedConfigs = z.infer<typeof importedConfigs>;
