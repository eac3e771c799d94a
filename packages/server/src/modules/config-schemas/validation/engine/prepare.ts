/** From the value of a schema to its check: the meta-schema first, then what it cannot say. */
import { compile, type Validate } from './compile.ts';
import { isDeeperThan, isObject, type Json, own } from './json.ts';
import metaSchemas from './meta-schemas.json' with { type: 'json' };
import type { Document, Resource } from './places.ts';
import { MISTAKES_MAX, type Mistake, shortened } from './pointers.ts';
import { referenceMistakes } from './references.ts';
import { DIALECT, type Walk, walkDocument } from './walk.ts';

/** Levels of lists and objects that a schema may have. */
const LEVELS_MAX = 128;

/** The URI of a schema without `$id`. Nothing can be reached under it. */
const NAMELESS = 'https://schema.invalid/';

const VALIDATION = 'https://json-schema.org/draft/2020-12/vocab/validation';

/** Schemas outside the document, by the URI at which references find them. The product has none. */
export type Remotes = ReadonlyMap<string, Json>;

export type Prepared =
  /** `schemas` is the number of those in the document, which tells what it costs to keep it. */
  { readonly validate: Validate; readonly schemas: number } | { readonly mistakes: readonly Mistake[] };

export const metaSchemasByUri: Remotes = new Map(metaSchemas.map((schema) => [schema.$id, schema as unknown as Json]));

let validateAsSchema: Validate | undefined;

/** Returns the check of contents, or at most 20 mistakes of the schema. Without remotes no reference leaves the document. */
export function prepare(schema: Json, remotes: Remotes = new Map()): Prepared {
  if (isDeeperThan(schema, LEVELS_MAX)) {
    return { mistakes: [{ pointer: '', message: `must not be nested more than ${LEVELS_MAX} levels deep` }] };
  }
  const dialect = isObject(schema) ? own(schema, '$schema') : undefined;
  if (dialect === undefined || remotes.size === 0) {
    const foreign = typeof dialect === 'string' && !isOurs(dialect.replace(/#$/, ''));
    if (foreign) return { mistakes: [{ pointer: '/$schema', message: `must be ${DIALECT}` }] };
    const mistakes = schemaMistakes(schema);
    if (mistakes.length > 0) return { mistakes };
  }
  return resolveAndCompile(schema, remotes);
}

const isOurs = (uri: string) => uri === DIALECT;

function schemaMistakes(schema: Json): Mistake[] {
  if (validateAsSchema === undefined) {
    const prepared = resolveAndCompile(metaSchemasByUri.get(DIALECT) ?? false, metaSchemasByUri);
    if ('mistakes' in prepared) throw new Error('the meta-schema has mistakes');
    validateAsSchema = prepared.validate;
  }
  return validateAsSchema(schema);
}

function resolveAndCompile(schema: Json, remotes: Remotes): Prepared {
  const resources = new Map<string, Resource>();
  const isDialect = (uri: string) => isOurs(uri) || remotes.has(uri);
  const walkOf = (document: Json): Walk => ({
    document: newDocument(document, remotes),
    resources,
    mistakes: [],
    isDialect,
  });
  const find = (uri: string): Resource | undefined => {
    const known = resources.get(uri);
    const remote = remotes.get(uri);
    if (known !== undefined || remote === undefined) return known;
    const found = walkDocument(walkOf(remote), remote, uri);
    resources.set(uri, found);
    return found;
  };
  const walk = walkOf(schema);
  const root = walkDocument(walk, schema, NAMELESS);
  const { mistakes } = walk;
  if (mistakes.length === 0) mistakes.push(...referenceMistakes(walk.document.places.values(), find));
  if (mistakes.length > 0) return { mistakes: told(mistakes) };
  return { validate: compile(root, find), schemas: walk.document.places.size };
}

function newDocument(schema: Json, remotes: Remotes): Document {
  const dialect = isObject(schema) ? own(schema, '$schema') : undefined;
  const metaSchema = typeof dialect === 'string' ? remotes.get(dialect) : undefined;
  const vocabulary = isObject(metaSchema) ? own(metaSchema, '$vocabulary') : undefined;
  return { places: new Map(), asserts: !isObject(vocabulary) || Object.hasOwn(vocabulary, VALIDATION) };
}

function told(mistakes: readonly Mistake[]): Mistake[] {
  return mistakes.slice(0, MISTAKES_MAX).map(({ pointer, message }) => ({ pointer: shortened(pointer), message }));
}
