/** The configurations and changes that the registry tells, as far as the SDK depends on them. */
import { isObject } from '../problem.ts';

/** The value of a key. */
export interface Config {
  readonly key: string;
  /** Counts the writes of the key, deletes too. */
  readonly version: number;
  /** Any JSON. */
  readonly content: unknown;
  readonly content_sha256: string;
}

export type ConfigOperation = 'create' | 'update' | 'rollback' | 'delete';

/** One change of a key. */
export interface ConfigChange {
  readonly key: string;
  readonly version: number;
  readonly operation: ConfigOperation;
  /** Null: the key was deleted. */
  readonly content_sha256: string | null;
  /** Absent of a deleted key, and of content that is too long to be told. */
  readonly content?: unknown;
}

/** Tells whether the value is text with at least one character. */
export function isText(value: unknown): value is string {
  return typeof value === 'string' && value !== '';
}

/** Tells whether the value is a configuration. */
export function isConfig(value: unknown): value is Config {
  return isObject(value) && isNamed(value) && 'content' in value && isText(value['content_sha256']);
}

/** Tells whether the value is a change of a key, with its content if it is told. */
export function isConfigChange(value: Record<string, unknown>): value is Record<string, unknown> & ConfigChange {
  if (!isNamed(value)) return false;
  switch (value['operation']) {
    case 'create':
    case 'update':
    case 'rollback':
      return isText(value['content_sha256']) && ('content' in value || value['content_omitted'] === true);
    case 'delete':
      return value['content_sha256'] === null && !('content' in value);
    default:
      return false;
  }
}

function isNamed({ key, version }: Record<string, unknown>): boolean {
  return isText(key) && Number.isSafeInteger(version) && Number(version) > 0;
}
