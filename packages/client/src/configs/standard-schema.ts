/**
 * The parts of Standard Schema and Standard JSON Schema (https://standardschema.dev) that the SDK calls. zod, valibot,
 * ArkType and others give their schemas this form, so none of them is a dependency.
 */

/** A mistake that a schema found. */
export interface SchemaIssue {
  /** The text of the schema's library. It may quote the content. */
  readonly message: string;
  /** Where it is; empty: the value as a whole. */
  readonly path: readonly PropertyKey[];
}

interface StandardIssue {
  readonly message: string;
  readonly path?: ReadonlyArray<PropertyKey | { readonly key: PropertyKey }> | undefined;
}

type Result<Output> =
  | { readonly value: Output; readonly issues?: undefined }
  | { readonly issues: ReadonlyArray<StandardIssue> };

/** A schema of any library that speaks Standard Schema. Its validation must be synchronous. */
export interface ConfigSchema<Output = unknown> {
  readonly '~standard': {
    readonly version: 1;
    readonly vendor: string;
    readonly validate: (value: unknown) => Result<Output> | Promise<Result<Output>>;
    readonly types?: { readonly input: unknown; readonly output: Output } | undefined;
  };
}

/** The type of the values that a schema gives. */
export type OutputOfSchema<Schema extends ConfigSchema> = NonNullable<Schema['~standard']['types']>['output'];

/** What a schema says of a value. */
export type Verdict =
  | { readonly valid: true; readonly value: unknown }
  | { readonly valid: false; readonly issues: readonly SchemaIssue[]; readonly cause?: unknown };

/**
 * Returns what the schema says of the value. A schema that throws refuses the value. Throws a `TypeError` for a schema that
 * only answers later.
 */
export function verdictOf(schema: ConfigSchema, value: unknown): Verdict {
  let result: Result<unknown> | Promise<Result<unknown>>;
  try {
    result = schema['~standard'].validate(value);
  } catch (cause) {
    return { valid: false, issues: [{ message: 'the schema threw an error', path: [] }], cause };
  }
  if ('then' in result) {
    // Its outcome is of no use, and must not be an unhandled rejection.
    result.then(undefined, () => {});
    throw new TypeError('The schema validates asynchronously. Values are read synchronously: use a schema that is.');
  }
  if (result.issues === undefined) return { valid: true, value: result.value };
  return { valid: false, issues: result.issues.map(issueOf) };
}

/** Libraries put the content itself beside the message. */
function issueOf({ message, path = [] }: StandardIssue): SchemaIssue {
  return { message, path: path.map((each) => (typeof each === 'object' ? each.key : each)) };
}

/**
 * Returns the JSON Schema (draft 2020-12) of the values that the schema accepts; undefined if the schema has no such form.
 * Throws what the schema's own library throws for a schema that JSON Schema cannot express.
 */
export function jsonSchemaOf(schema: ConfigSchema): Record<string, unknown> | undefined {
  const { jsonSchema } = schema['~standard'] as {
    readonly jsonSchema?: { readonly input?: (options: { readonly target: string }) => Record<string, unknown> };
  };
  return jsonSchema?.input?.({ target: 'draft-2020-12' });
}
