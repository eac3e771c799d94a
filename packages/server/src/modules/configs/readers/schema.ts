/** The shapes of readers: what programs expect of a key. */
import { z } from 'zod';
import { defineEvent } from '../../../kernel/events.ts';
import { pageInput, pageOf } from '../../../kernel/pagination.ts';
import { id, textUpTo, timestamp } from '../../../kernel/schema.ts';
import { schemaInput } from '../../config-schemas/schema.ts';
import { configPlace, sha256 } from '../schema.ts';

/** A reader is forgotten when it has not come for so long. */
export const READER_DAYS = 7;
/** The most readers of a key, and of a project. */
export const READERS_OF_KEY_MAX = 20;
export const READERS_OF_PROJECT_MAX = 1_000;
const READER_MAX = 64;

/** A check in the database holds this rule too. */
const readerName = z
  .string()
  .regex(
    /^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$/,
    'must be 1 to 64 letters, digits, dots, dashes and underscores, and begin with a letter or digit',
  )
  .meta({ minLength: 1, maxLength: READER_MAX, description: 'Names the program.', examples: ['billing'] });

export const registerReaderInput = z.strictObject({ ...configPlace, reader: readerName, schema: schemaInput });
export type RegisterReader = z.output<typeof registerReaderInput>;

export const listReadersInput = z.strictObject({ ...pageInput, ...configPlace });
export type ListReaders = z.output<typeof listReadersInput>;

export const configReader = z
  .object({
    reader: textUpTo(READER_MAX).meta({ examples: ['billing'] }),
    seen_at: timestamp.describe('When it last said what it expects.'),
    schema: z.unknown().meta({
      description: 'What it expects of the content: JSON Schema 2020-12.',
      examples: [{ type: 'object', required: ['max_users'] }],
    }),
  })
  .meta({ id: 'ConfigReader', description: 'A program that reads a key, and what it expects.' });
export type ConfigReader = z.infer<typeof configReader>;

export const configReaderPage = pageOf(configReader).meta({
  id: 'ConfigReaderPage',
  description: 'A page of readers of a key.',
});

const registered = z.object({
  project_id: id,
  tenant_id: id,
  key: textUpTo(128),
  reader: textUpTo(READER_MAX),
  sha256: sha256.meta({ description: 'SHA-256 of the JSON of what it expects, as it is stored.' }),
});

export const readerEvents = {
  registered: defineEvent({
    type: 'config_reader.registered',
    description: 'A program said what it expects of a key, or expects something else than before.',
    payload: registered,
    subject: ({ tenant_id, project_id, key }) => ({
      tenant_id,
      project_id,
      target: { type: 'config', id: `${project_id}/${key}`, name: key },
    }),
  }),
} as const;
