/** The shapes of schemas of configurations: what comes in, what goes out, what happened. */
import { z } from 'zod';
import { defineEvent } from '../../kernel/events.ts';
import { pageInput, pageOf } from '../../kernel/pagination.ts';
import { id, name, textUpTo, timestamp } from '../../kernel/schema.ts';
import { author, configKey, content, sha256 } from '../configs/schema.ts';

/** The most bytes that a schema has as JSON. A check in the database holds this rule too. */
export const SCHEMA_BYTES_MAX = 65_536;
/** The body of an operation that takes one schema: its 64 KiB, white space, and room for the other fields. */
export const SCHEMA_BODY_BYTES_MAX = 131_072;
/** The most versions that a schema has. */
export const VERSIONS_MAX = 100;
/** The configurations that one `adopt` moves at most, and those that it names. */
export const ADOPTED_MAX = 10_000;
export const CHANGED_SHOWN_MAX = 1_000;
const MISTAKES_MAX = 20;

const example = { type: 'object', properties: { max_users: { type: 'integer', minimum: 1 } } };
const aboutContent = {
  description: 'JSON Schema 2020-12, an object or a boolean, that refers to nothing outside of itself; at most 64 KiB.',
  examples: [example],
};
const aboutDescription = { description: 'For people to read.', examples: ['Limits of a plan.'] };

const isSchema = (value: unknown) =>
  typeof value === 'boolean' || (typeof value === 'object' && value !== null && !Array.isArray(value));

/** A JSON Schema from a caller: its shape and size; whether it can be used is checked by the threads. */
export const schemaInput = z
  .unknown()
  .refine((value) => value !== undefined, { error: 'is required', abort: true })
  .refine(isSchema, { error: 'must be an object or a boolean', abort: true })
  .refine((value) => bytesOf(value) <= SCHEMA_BYTES_MAX, 'must be at most 64 KiB of JSON')
  .meta(aboutContent);

function bytesOf(value: unknown): number {
  return new TextEncoder().encode(JSON.stringify(value)).byteLength;
}

const shownSchema = z.unknown().meta(aboutContent);

const versionNumber = z.int().min(1).max(VERSIONS_MAX);
const aboutVersion = { format: 'int32', examples: [1] };

const fields = {
  id,
  tenant_id: id,
  name: textUpTo(200).meta({ examples: ['Limits'] }),
  description: textUpTo(2_000).nullable().meta(aboutDescription),
  latest_version: versionNumber.meta({ ...aboutVersion, description: 'The newest version; versions begin with 1.' }),
  created_by: author,
  created_at: timestamp,
  updated_at: timestamp,
};

export const listedConfigSchema = z
  .object(fields)
  .meta({ id: 'ListedConfigSchema', description: 'A schema of configurations, without its content.' });
export type ListedConfigSchema = z.infer<typeof listedConfigSchema>;

export const configSchema = z
  .object({ ...fields, content: shownSchema.meta({ description: 'The latest version: JSON Schema 2020-12.' }) })
  .meta({ id: 'ConfigSchema', description: 'A schema that configurations are checked against.' });
export type ConfigSchema = z.infer<typeof configSchema>;

export const configSchemaPage = pageOf(listedConfigSchema).meta({
  id: 'ConfigSchemaPage',
  description: 'A page of schemas.',
});

const versionFields = {
  schema_id: id.describe('The schema.'),
  tenant_id: id,
  version: versionNumber.meta({ ...aboutVersion, description: 'Counts on from 1.' }),
  created_by: author,
  created_at: timestamp,
};

export const listedSchemaVersion = z
  .object(versionFields)
  .meta({ id: 'ListedConfigSchemaVersion', description: 'A version of a schema, without its content.' });
export type ListedSchemaVersion = z.infer<typeof listedSchemaVersion>;

export const schemaVersion = z
  .object({ ...versionFields, content: shownSchema })
  .meta({ id: 'ConfigSchemaVersion', description: 'A version of a schema; it never changes.' });
export type SchemaVersion = z.infer<typeof schemaVersion>;

export const schemaVersionPage = pageOf(listedSchemaVersion).meta({
  id: 'ConfigSchemaVersionPage',
  description: 'A page of versions of a schema.',
});

/** Schemas belong to the tenant; a level in one of its projects suffices to read them. */
const throughProject = {
  project_id: id
    .optional()
    .describe('A project of the tenant: a level in it suffices to read the schemas of the tenant.'),
};

const schemaName = name.meta({ description: 'Unique in the tenant.', examples: ['Limits'] });
const description = z.string().min(1).max(2_000).nullish().meta(aboutDescription);

export const createConfigSchemaInput = z.strictObject({
  tenant_id: id,
  name: schemaName,
  description,
  content: schemaInput,
});
export type CreateConfigSchema = z.output<typeof createConfigSchemaInput>;

export const listConfigSchemasInput = z.strictObject({ ...pageInput, tenant_id: id, ...throughProject });
export type ListConfigSchemas = z.output<typeof listConfigSchemasInput>;

export const getConfigSchemaInput = z.strictObject({ id, ...throughProject });
export type GetConfigSchema = z.output<typeof getConfigSchemaInput>;

export const updateConfigSchemaInput = z.strictObject({ id, name: schemaName.optional(), description });
export type UpdateConfigSchema = z.output<typeof updateConfigSchemaInput>;

export const configSchemaId = z.strictObject({ id });

export const addVersionInput = z.strictObject({
  id,
  content: schemaInput,
  breaking: z
    .boolean()
    .optional()
    .describe('Adds the version without trying it on the configurations that are checked against the schema.'),
});
export type AddVersion = z.output<typeof addVersionInput>;

export const listVersionsInput = z.strictObject({ ...pageInput, id, ...throughProject });
export type ListVersions = z.output<typeof listVersionsInput>;

const versionName = { id, version: versionNumber.meta({ ...aboutVersion, description: 'A version of the schema.' }) };

export const getVersionInput = z.strictObject({ ...versionName, ...throughProject });
export type GetVersion = z.output<typeof getVersionInput>;

export const adoptVersionInput = z.strictObject(versionName);
export type AdoptVersion = z.output<typeof adoptVersionInput>;

const count = z.int().min(0).max(Number.MAX_SAFE_INTEGER);

const configName = z
  .object({ project_id: id, key: configKey })
  .meta({ id: 'ConfigName', description: 'A configuration, by its project and key.' });

export const adoption = z
  .object({
    adopted: count.meta({ format: 'int64', description: 'Configurations that were moved to the version.' }),
    changed_meanwhile: z.array(configName).meta({
      maxItems: CHANGED_SHOWN_MAX,
      description: 'Configurations that changed after they were tried: not moved.',
    }),
    remaining: count.meta({
      format: 'int64',
      description: 'Configurations that there was no time for: call again.',
      examples: [0],
    }),
  })
  .meta({ id: 'ConfigSchemaAdoption', description: 'What became of the configurations of a schema.' });
export type Adoption = z.infer<typeof adoption>;

export const checkContentInput = z.strictObject({
  id,
  ...throughProject,
  content,
  version: versionNumber.optional().meta({ ...aboutVersion, description: 'Absent: the latest one.' }),
});
export type CheckContent = z.output<typeof checkContentInput>;

const mistake = z
  .object({
    pointer: z.string().meta({ description: 'A JSON pointer (RFC 6901).', examples: ['/content/max_users'] }),
    message: z.string().meta({ description: 'For people to read.', examples: ['must be at least 1'] }),
  })
  .meta({ id: 'ConfigSchemaMistake', description: 'A place where a content is not valid.' });

export const contentVerdict = z
  .object({
    valid: z.boolean().meta({ description: 'Whether the schema accepts the content.', examples: [false] }),
    errors: z.array(mistake).meta({ maxItems: MISTAKES_MAX, description: 'Where it is not valid, as JSON pointers.' }),
  })
  .meta({ id: 'ConfigSchemaVerdict', description: 'Whether a content is valid by a schema.' });
export type ContentVerdict = z.infer<typeof contentVerdict>;

const told = z.object({
  id,
  tenant_id: id,
  name: textUpTo(200),
  description: textUpTo(2_000).nullable().meta(aboutDescription),
  version: versionNumber.meta({ ...aboutVersion, description: 'The latest version.' }),
  sha256: sha256.meta({ description: 'SHA-256 of the JSON of that version, as it is stored.' }),
});
export type ToldConfigSchema = z.infer<typeof told>;

const subject = ({ id, tenant_id, name }: ToldConfigSchema) => ({
  tenant_id,
  target: { type: 'config_schema', id, name },
});

export const configSchemaEvents = {
  created: defineEvent({
    type: 'config_schema.created',
    description: 'A schema of configurations was created.',
    payload: told,
    subject,
  }),
  updated: defineEvent({
    type: 'config_schema.updated',
    description: 'Name or description of a schema of configurations changed.',
    payload: told,
    subject,
  }),
  versionAdded: defineEvent({
    type: 'config_schema.version_added',
    description: 'A schema of configurations got another version; no configuration was moved to it.',
    payload: told,
    subject,
  }),
  deleted: defineEvent({
    type: 'config_schema.deleted',
    description: 'A schema of configurations was deleted.',
    payload: told,
    subject,
  }),
} as const;
