/** The shapes that all parts of configurations share, and what happened. */
import { z } from 'zod';
import { defineEvent } from '../../kernel/events.ts';
import { ACTOR_MAX, id, jsonDocument, textUpTo, timestamp } from '../../kernel/schema.ts';

/** The most keys that a project may have, deleted ones included. */
export const KEYS_MAX = 10_000;
/** The most bytes of content that a project may have. */
export const BYTES_MAX = 33_554_432;
/** What one commit may change at most. */
export const CHANGES_MAX = 60;
export const CHANGES_BYTES_MAX = 491_520;
/** The body of an operation that takes one content: its 256 KiB, and room for the other fields. */
export const CONTENT_BODY_BYTES_MAX = 327_680;

const KEY = /^[A-Za-z0-9][A-Za-z0-9._-]{0,127}$/;

/** A check in the database holds this rule too. */
export const configKey = z
  .string()
  .regex(KEY, 'must be 1 to 128 letters, digits, dots, dashes and underscores, and begin with a letter or digit')
  .meta({ minLength: 1, maxLength: 128, description: 'Unique in the project.', examples: ['limits'] });

export const keyPrefix = z
  .string()
  .regex(/^[A-Za-z0-9._-]{0,128}$/, 'must be at most 128 letters, digits, dots, dashes and underscores')
  .optional()
  .describe('Only keys that begin with it.');

export const projectOf = {
  project_id: id.meta({ description: 'The project.', examples: ['0192f0c1-7f3a-7c52-9d1e-4b8a6f2e3c10'] }),
};
export const configPlace = { ...projectOf, key: configKey };

export const version = z
  .int()
  .min(0)
  .meta({
    description: 'Counts the writes of the key, deletes too. It never goes back.',
    format: 'int64',
    examples: [1],
  });

/** The form of a cursor: its tag and its revision. No time has it. */
export const cursorForm = /^([0-9a-z]{1,32})\.(0|[1-9]\d{0,15})$/;

export const cursor = z
  .string()
  .min(1)
  .max(64)
  .meta({
    description: 'A state of the project’s configurations; opaque, and refused for any other project.',
    examples: ['4f1c2a9be07d.42'],
  });

export const content = jsonDocument.meta({
  description: 'Any JSON, at most 256 KiB.',
  examples: [{ max_users: 50 }],
});

/** The content of an answer: what was checked when it was written. */
export const shownContent = z.unknown().meta({ description: 'Any JSON.', examples: [{ max_users: 50 }] });

export const reason = z
  .string()
  .min(1)
  .max(500)
  .optional()
  .meta({ description: 'Why, for the history.', examples: ['The contract of March.'] });

export const operations = ['create', 'update', 'rollback', 'delete'] as const;
export const operation = z.enum(operations).describe('What the write did.');
export type Operation = z.infer<typeof operation>;

/** The name stays when the user is deleted. */
export const author = z
  .object({
    type: textUpTo(40).meta({ description: 'The kind of caller.', examples: ['user'] }),
    id: textUpTo(ACTOR_MAX).meta({ examples: ['https://login.acme.example|u-1'] }),
    name: textUpTo(200).meta({ examples: ['Ada Lovelace'] }),
  })
  .meta({ id: 'ConfigAuthor', description: 'Who wrote it.' });
export type Author = z.infer<typeof author>;

export const sha256 = z.string().meta({
  minLength: 64,
  maxLength: 64,
  pattern: '^[0-9a-f]{64}$',
  description: 'SHA-256 of the content in the form of RFC 8785.',
  examples: ['44136fa355b3678a1146ad16f7e8649e94fb4fc21fe77e8310c060f61caaff8a'],
});

const pinFields = {
  schema_id: id.nullable().describe('The schema that the content is checked against; null: none.'),
  schema_version: z
    .int()
    .min(1)
    .nullable()
    .meta({ description: 'Its version.', format: 'int32', examples: [2] }),
};

export const config = z
  .object({
    project_id: id,
    tenant_id: id,
    key: textUpTo(128).meta({ description: 'The key.', examples: ['limits'] }),
    version,
    content: shownContent,
    content_sha256: sha256,
    ...pinFields,
    updated_by: author,
    created_at: timestamp,
    updated_at: timestamp,
    cursor: cursor.describe('The state in which it got this version; opaque.'),
  })
  .meta({ id: 'Config', description: 'The current value of a key.' });
export type Config = z.infer<typeof config>;

const changed = z.object({
  project_id: id,
  tenant_id: id,
  key: textUpTo(128).meta({ description: 'The key.', examples: ['limits'] }),
  version,
  previous_version: version.describe('The version before; 0: there was none.'),
  content_sha256: sha256.nullable(),
  ...pinFields,
  source_version: version.nullable().describe('Of a rollback: the version whose content came back.'),
  reason: textUpTo(500)
    .nullable()
    .meta({ description: 'Why, in the words of the writer.', examples: ['The contract of March.'] }),
  ignored_readers: z
    .array(textUpTo(64))
    .meta({ maxItems: 100, description: 'Readers that do not accept the content, and were ignored.' }),
});
export type ChangedConfig = z.infer<typeof changed>;

const missingVersions = z
  .object({
    key: textUpTo(128).meta({ description: 'The key.', examples: ['limits'] }),
    from_version: version.describe('The first version that is missing.'),
    to_version: version.describe('The last one.'),
  })
  .describe('Versions of a key that are missing.');

const historyGap = z.object({
  project_id: id,
  tenant_id: id.nullable().describe('Null when the tenant was deleted.'),
  cause: z
    .enum(['database_restored', 'tenant_deleted'])
    .describe('The database was restored from a backup, or the tenant was deleted before its last changes were in it.'),
  keys: z.int().min(0).meta({ description: 'How many keys it is about.', format: 'int32' }),
  missing: z.array(missingVersions).meta({ maxItems: 100, description: 'Some of them.' }),
});
export type HistoryGap = z.infer<typeof historyGap>;

const storeChanged = z.object({
  action: z.enum(['moved', 'repaired']).describe('What the operator did.'),
  source: z.enum(['postgres', 'etcd']).describe('Where the values were taken from.'),
  kind: z.enum(['postgres', 'etcd']).describe('Where the values are now.'),
  epoch: textUpTo(32).describe('The new epoch: cursors of before are refused.'),
  keys: z.int().min(0).meta({ description: 'How many keys there are, deleted ones included.', format: 'int32' }),
});
export type ChangedStore = z.infer<typeof storeChanged>;

const subject = ({ project_id, tenant_id, key }: ChangedConfig) => ({
  tenant_id,
  project_id,
  target: { type: 'config', id: `${project_id}/${key}`, name: key },
});

export const configEvents = {
  created: defineEvent({
    type: 'config.created',
    description: 'A key got its first value, or one after it was deleted.',
    payload: changed,
    subject,
  }),
  updated: defineEvent({
    type: 'config.updated',
    description: 'A key got another value, or another schema.',
    payload: changed,
    subject,
  }),
  rolledBack: defineEvent({
    type: 'config.rolled_back',
    description: 'A key got the content of an earlier version back.',
    payload: changed,
    subject,
  }),
  deleted: defineEvent({
    type: 'config.deleted',
    description: 'A key was deleted; its history stays.',
    payload: changed,
    subject,
  }),
  storeChanged: defineEvent({
    type: 'config_store.changed',
    description: 'The values of all configurations were moved to another store, or a store was repaired.',
    payload: storeChanged,
    subject: ({ epoch }) => ({ tenant_id: null, target: { type: 'config_store', id: epoch, name: null } }),
  }),
  historyGap: defineEvent({
    type: 'config.history_shortened',
    description: 'Versions are missing in the history of keys, because the database was restored from a backup.',
    payload: historyGap,
    subject: ({ project_id, tenant_id }) => ({
      tenant_id,
      project_id: tenant_id === null ? null : project_id,
      target: { type: 'project', id: project_id, name: null },
    }),
  }),
} as const;
