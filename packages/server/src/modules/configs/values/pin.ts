/** Which schema the content of a write is checked against. */
import { configSchemas } from '@tenant-registry/db';
import type { ActorContext } from '../../../kernel/context.ts';
import { kernelErrors } from '../../../kernel/errors.ts';
import type { Mistake } from '../../config-schemas/port.ts';
import { configErrors } from '../errors.ts';
import type { Pin, Place, StoredConfig } from '../store/port.ts';

export interface AskedPin {
  /** Null: no schema. Absent: the schema that the key has. */
  readonly schema_id?: string | null | undefined;
  /** Absent: the latest version of a schema that is named, or the version that the key has. */
  readonly schema_version?: number | undefined;
}

export interface Pinned extends Pin {
  /** The text of the schema; null: there is none. */
  readonly schema: string | null;
}

const none: Pinned = { schema_id: null, schema_version: null, schema: null };

/** Returns the pin of the write. Throws `config_schema_not_found`, and `invalid_input` for a version of no schema. */
export async function pinOf(
  { db }: ActorContext,
  { tenant_id }: Place,
  asked: { readonly base: StoredConfig | undefined; readonly pin: AskedPin },
): Promise<Pinned> {
  const { schema_id, schema_version } = asked.pin;
  // A deleted key begins anew, as one that never was.
  const base = asked.base?.deleted === false ? asked.base : undefined;
  const wantedId = schema_id === undefined ? (base?.schema_id ?? null) : schema_id;
  if (wantedId === null) {
    if (schema_version !== undefined) throw kernelErrors.invalidInput({ errors: [versionOfNone] });
    return none;
  }
  const wantedVersion = schema_version ?? (schema_id === undefined ? (base?.schema_version ?? null) : null);
  const found = await configSchemas.findConfigSchemaText(db, {
    tenant_id,
    schema_id: wantedId,
    version: wantedVersion,
  });
  if (found === undefined)
    throw configErrors.schemaNotFound(schema_id === undefined ? { errors: [noSuchVersion] } : {});
  return { schema_id: found.schema_id, schema_version: found.version, schema: found.content };
}

const atVersion = { pointer: '/schema_version', in: 'body' } as const;
const versionOfNone = {
  ...atVersion,
  message: 'is a version of no schema: the key has none, so `schema_id` is needed too',
};
const noSuchVersion = { ...atVersion, message: 'is no version of the schema that the key has' };

/**
 * Returns the pin that the key has, or had when it was deleted; none when the schema was deleted since, which the schema of
 * a live key cannot be.
 */
export async function keptPinOf({ db }: ActorContext, { tenant_id }: Place, base: StoredConfig): Promise<Pinned> {
  const { schema_id, schema_version: version } = base;
  if (schema_id === null) return none;
  const found = await configSchemas.findConfigSchemaText(db, { tenant_id, schema_id, version });
  return found === undefined ? none : { schema_id, schema_version: found.version, schema: found.content };
}

interface Tried {
  /** The text of the schema; null: any content is valid. */
  readonly schema: string | null;
  readonly content: unknown;
}

/** Throws `content_invalid` with the places of up to 20 mistakes, and like `ctx.jsonSchemas.validate`. */
export async function requireValid(ctx: ActorContext, place: Place, tried: Tried): Promise<void> {
  const mistakes = await mistakesOf(ctx, place, tried);
  if (mistakes.length === 0) return;
  throw configErrors.contentInvalid({ errors: mistakes.map((mistake) => ({ ...mistake, in: 'body' })) });
}

/** Returns up to 20 mistakes, with pointers under `/content`. Throws like `ctx.jsonSchemas.validate`. */
export async function mistakesOf(
  { jsonSchemas }: ActorContext,
  { tenant_id }: Place,
  { schema, content }: Tried,
): Promise<readonly Mistake[]> {
  if (schema === null) return [];
  const mistakes = await jsonSchemas.validate(tenant_id, { schema, content });
  return mistakes.map(({ pointer, message }) => ({ pointer: `/content${pointer}`, message }));
}
