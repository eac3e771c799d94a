/** The values of keys as schemas give them. A value that fails its schema never replaces the last one that fitted. */
import { deepFrozen } from './frozen.ts';
import type { Config } from './shapes.ts';
import { type ConfigSchema, type SchemaIssue, type Verdict, verdictOf } from './standard-schema.ts';

/** A value that was refused by a schema of the program. */
export interface RefusedValue {
  readonly key: string;
  readonly version: number;
  /** The version whose value stays in use; undefined: none, the value counts as absent. */
  readonly stays: number | undefined;
  /** What the schema said. It may quote the content. */
  readonly issues: readonly SchemaIssue[];
  /** What the schema threw, if it did. */
  readonly cause?: unknown;
}

/** A value as a schema gives it. */
export interface SchemaValue {
  readonly value: unknown;
  readonly version: number;
}

export interface ConfigValues {
  /**
   * Returns the frozen value of the key as the schema gives it: of the present version, or of the last one before it that
   * fitted. Undefined: the key has no value, or has had none that fits since the schema is used. Throws a
   * `TypeError` for a schema that validates asynchronously.
   */
  read(key: string, schema: ConfigSchema): SchemaValue | undefined;
  /** Tries the present value of the key against each schema that the key was read with. */
  refresh(key: string): void;
}

/** The schemas of one key that are remembered. A program that makes a schema for each call must not fill the memory. */
const SCHEMAS_MAX = 8;

interface Parsed {
  /** What was tried last; undefined after the key had no value. */
  config: Config | undefined;
  good: SchemaValue | undefined;
}

/** `onRefused` is called once for each version and schema. */
export function createConfigValues(
  configOf: (key: string) => Config | undefined,
  onRefused: (refused: RefusedValue) => void,
): ConfigValues {
  const byKey = new Map<string, Map<ConfigSchema, Parsed>>();

  function parsedOf(key: string, schema: ConfigSchema): Parsed {
    const parsed = byKey.get(key) ?? new Map<ConfigSchema, Parsed>();
    byKey.set(key, parsed);
    const known = parsed.get(schema) ?? { config: undefined, good: undefined };
    // The schema that was used last is the last to be forgotten.
    parsed.delete(schema);
    parsed.set(schema, known);
    const [oldest] = parsed.keys();
    if (parsed.size > SCHEMAS_MAX && oldest !== undefined) parsed.delete(oldest);
    return known;
  }

  function update(key: string, schema: ConfigSchema, parsed: Parsed): void {
    const config = configOf(key);
    if (config === undefined) {
      parsed.config = undefined;
      parsed.good = undefined;
      return;
    }
    if (parsed.config === config) return;
    const { version } = config;
    const verdict: Verdict = verdictOf(schema, deepFrozen(config.content));
    parsed.config = config;
    if (verdict.valid) parsed.good = { value: deepFrozen(verdict.value), version };
    else {
      const { issues, cause } = verdict;
      onRefused({ key, version, stays: parsed.good?.version, issues, ...(cause === undefined ? {} : { cause }) });
    }
  }

  return {
    read(key, schema) {
      if (configOf(key) === undefined && !byKey.get(key)?.has(schema)) return undefined;
      const parsed = parsedOf(key, schema);
      try {
        update(key, schema, parsed);
      } catch (error) {
        byKey.get(key)?.delete(schema);
        throw error;
      }
      return parsed.good;
    },
    refresh(key) {
      for (const [schema, parsed] of byKey.get(key) ?? []) {
        try {
          update(key, schema, parsed);
        } catch {
          // The next reader meets the error.
          byKey.get(key)?.delete(schema);
        }
      }
    },
  };
}
