/** The shapes of the history of one key. */
import { z } from 'zod';
import { pageInput, pageOf } from '../../../kernel/pagination.ts';
import { id, textUpTo, timestamp } from '../../../kernel/schema.ts';
import { author, configPlace, operation, reason, sha256, shownContent, version } from '../schema.ts';
import { expectedVersion, ignoreReaders, patch } from '../values/schema.ts';

const pastVersion = z
  .int()
  .min(1)
  .meta({ description: 'A version of the key.', format: 'int64', examples: [1] });

export const configRevision = z
  .object({
    project_id: id,
    tenant_id: id,
    key: textUpTo(128).meta({ description: 'The key.', examples: ['limits'] }),
    version,
    operation,
    source_version: version.nullable().describe('Of a rollback: the version whose content came back.'),
    content: shownContent.optional().meta({
      description: 'Any JSON; null of a deletion. Absent in a list that was asked for without contents.',
      examples: [{ max_users: 50 }],
    }),
    content_sha256: sha256.nullable(),
    schema_id: id.nullable().describe('The schema that the content was checked against; null: none.'),
    schema_version: z
      .int()
      .min(1)
      .nullable()
      .meta({ description: 'Its version.', format: 'int32', examples: [2] }),
    author,
    reason: textUpTo(500)
      .nullable()
      .meta({ description: 'Why, in the words of the writer.', examples: ['The contract of March.'] }),
    created_at: timestamp,
  })
  .meta({ id: 'ConfigRevision', description: 'A version that a key has or had. It never changes.' });
export type ConfigRevision = z.infer<typeof configRevision>;

export const listRevisionsInput = z.strictObject({
  ...configPlace,
  content: z.boolean().default(false).describe('Whether the contents come too.'),
  ...pageInput,
});
export type ListRevisions = z.output<typeof listRevisionsInput>;
export const revisionPage = pageOf(configRevision);

export const getRevisionInput = z.strictObject({ ...configPlace, version: pastVersion });
export type GetRevision = z.output<typeof getRevisionInput>;

const compared = version.describe('A version of the key; 0: no content, as before its first version.');

export const diffConfigInput = z.strictObject({
  ...configPlace,
  from: compared,
  to: compared.optional().describe('Absent: the current version.'),
});
export type DiffConfig = z.output<typeof diffConfigInput>;

const side = z
  .object({
    version,
    content_sha256: sha256.nullable().describe('Null: there is no content, because the version is a deletion, or 0.'),
  })
  .describe('A version that is compared.');

export const configDiff = z
  .object({ from: side, to: side, patch: patch.describe('What makes the content of `to` out of that of `from`.') })
  .meta({ id: 'ConfigVersionDiff', description: 'How two versions of a key differ.' });
export type ConfigDiff = z.infer<typeof configDiff>;

export const rollbackConfigInput = z.strictObject({
  ...configPlace,
  version: pastVersion.describe('The version whose content comes back.'),
  expected_version: expectedVersion,
  reason,
  ignore_readers: ignoreReaders,
});
export type RollbackConfig = z.output<typeof rollbackConfigInput>;
