/** The shapes of reading many configurations: lists, snapshots, and what differs between two states. */
import { z } from 'zod';
import { pageInput, pageOf } from '../../../kernel/pagination.ts';
import { id, textUpTo, timestampInput } from '../../../kernel/schema.ts';
import { textStream } from '../../../kernel/streams/text-stream.ts';
import { config, cursor, cursorForm, keyPrefix, projectOf, sha256, shownContent, version } from '../schema.ts';

const CONTAINS_BYTES_MAX = 4_096;
const CONTAINS_DEPTH_MAX = 32;

/** A cursor, or a time, which is handed on in UTC. */
const moment = z
  .string()
  .min(1)
  .max(64)
  .refine(
    (text) => cursorForm.test(text) || timestampInput.safeParse(text).success,
    'must be a cursor of this project, or a time (RFC 3339)',
  )
  .overwrite((text) => timestampInput.safeParse(text).data ?? text)
  .meta({ examples: ['2026-01-15T09:30:00.000Z'] });

const at = moment
  .optional()
  .describe('The state to read: its cursor, or a time (RFC 3339), for the last state at or before it. Absent: now.');

const contains = z
  .string()
  .max(CONTAINS_BYTES_MAX)
  .refine(isShortJson, 'must be JSON of at most 4 KiB')
  .optional()
  .meta({
    description: 'Only content that contains this JSON, as `@>` of PostgreSQL has it: `{"a":1}` finds `{"a":1,"b":2}`.',
    examples: ['{"max_users":50}'],
  });

function isShortJson(text: string): boolean {
  if (new TextEncoder().encode(text).byteLength > CONTAINS_BYTES_MAX) return false;
  try {
    return isStorable(JSON.parse(text), 0);
  } catch {
    return false;
  }
}

/** Content is refused that is otherwise, so none contains it, and the database would not read it. */
function isStorable(value: unknown, depth: number): boolean {
  if (typeof value === 'string') return !value.includes('\0') && value.isWellFormed();
  if (typeof value === 'number') return Number.isFinite(value);
  if (typeof value !== 'object' || value === null) return true;
  if (depth === CONTAINS_DEPTH_MAX) return false;
  return Object.entries(value).every(([name, member]) => isStorable(name, depth) && isStorable(member, depth + 1));
}

const filters = {
  prefix: keyPrefix,
  schema_id: id.optional().describe('Only content that is checked against this schema.'),
  contains,
  content: z.boolean().default(true).describe('False: the rows come without their content.'),
};

export const listConfigsInput = z.strictObject({ ...projectOf, ...pageInput, ...filters, at });
export type ListConfigs = z.output<typeof listConfigsInput>;

export const listTenantConfigsInput = z.strictObject({
  ...pageInput,
  tenant_id: id.describe('The tenant.'),
  ...filters,
});
export type ListTenantConfigs = z.output<typeof listTenantConfigsInput>;

export const listedConfig = config
  .extend({ content: shownContent.optional().describe('Any JSON. Absent with `content=false`.') })
  .meta({ id: 'ListedConfig', description: 'The value of a key, in a list.' });
export type ListedConfig = z.infer<typeof listedConfig>;

export const configPage = pageOf(listedConfig)
  .extend({ state: cursor.describe('The state that all pages of the list are of.') })
  .meta({ id: 'ConfigPage', description: 'A page of configurations.' });

export const tenantConfigPage = pageOf(listedConfig).meta({
  id: 'TenantConfigPage',
  description: 'A page of configurations of several projects.',
});

export const snapshotInput = z.strictObject({ ...projectOf, at, prefix: keyPrefix });
export type Snapshot = z.output<typeof snapshotInput>;

/** The text, once it is read to its end. */
export const snapshot = z
  .object({
    project_id: id,
    cursor: cursor.describe('The state that it is of.'),
    configs: z.array(config).meta({ maxItems: 10_000, description: 'In the order of the bytes of their keys.' }),
  })
  .meta({ id: 'ConfigSnapshot', description: 'The configurations of a project in one state.' });
export const snapshotText = textStream;

export const diffInput = z.strictObject({
  ...projectOf,
  ...pageInput,
  from: moment.describe('A state: its cursor, or a time (RFC 3339), for the last state at or before it.'),
  to: moment.optional().describe('The other state; absent: the current one.'),
  prefix: keyPrefix,
});
export type Diff = z.output<typeof diffInput>;

const side = z
  .object({
    version,
    content_sha256: sha256,
    schema_id: id.nullable().describe('The schema that it is checked against; null: none.'),
    schema_version: z
      .int()
      .nullable()
      .meta({ description: 'Its version.', format: 'int32', examples: [2] }),
  })
  .meta({ id: 'ConfigDiffSide', description: 'A value, without its content.' });
export type Side = z.infer<typeof side>;

const patchOperation = z
  .object({
    op: z.enum(['add', 'remove', 'replace', 'move', 'copy', 'test']),
    path: z.string().describe('A JSON pointer (RFC 6901).'),
    from: z.string().optional().describe('Of `move` and `copy`.'),
    value: z
      .unknown()
      .optional()
      .meta({ description: 'Of `add`, `replace` and `test`.', examples: [60] }),
  })
  .meta({ id: 'ConfigPatchOperation', description: 'An operation of a JSON Patch (RFC 6902).' });

export const difference = z
  .object({
    key: textUpTo(128).meta({ description: 'The key.', examples: ['limits'] }),
    change: z.enum(['created', 'updated', 'deleted']).describe('What `to` has that `from` has not.'),
    from: side.nullable().describe('Null: the key has no value there.'),
    to: side.nullable().describe('Null: the key has no value there.'),
    patch: z
      .array(patchOperation)
      .nullable()
      .meta({ description: 'Makes the content of `to` out of that of `from`; null unless both have at most 32 KiB.' }),
  })
  .meta({ id: 'ConfigDifference', description: 'A key whose value differs between two states.' });
export type Difference = z.infer<typeof difference>;

export const diffPage = pageOf(difference)
  .extend({
    from: cursor.describe('The state that `from` named.'),
    to: cursor.describe('The state that `to` named.'),
  })
  .meta({ id: 'ConfigDiffPage', description: 'A page of what differs between two states.' });
