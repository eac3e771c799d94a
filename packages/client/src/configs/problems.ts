/** The problems that configurations tell, in words that quote no content. */
import type { ConfigsProblem } from './options.ts';
import type { RefusedValue } from './values.ts';

/** A value does not fit a schema. */
export function refusedValue({ key, version, stays, issues, ...cause }: RefusedValue): ConfigsProblem {
  const kept = stays === undefined ? 'there is no earlier value to keep' : `version ${stays} stays in use`;
  const message = `configs: version ${version} of ${key} does not fit its schema (issues: ${issues.length}); ${kept}.`;
  return { type: 'value_refused', message, key, version, stays, issues, ...cause };
}

/** The file cannot be read or written. */
export function unusableFile(cause: unknown): ConfigsProblem {
  return { type: 'file_unusable', message: `configs: the cache file cannot be used: ${textOf(cause)}`, cause };
}

/** What the program expects of a key was not registered. */
export function unregisteredReader(key: string, cause: unknown): ConfigsProblem {
  const message = `configs: what is expected of ${key} was not registered: ${textOf(cause)}`;
  return { type: 'reader_unregistered', message, key, cause };
}

function textOf(cause: unknown): string {
  return cause instanceof Error ? cause.message : String(cause);
}
