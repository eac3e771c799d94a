/** Whether a write starts from what is there: by `expected_version`, by If-Match, by one of them at least. */
import type { ActorContext } from '../../../kernel/context.ts';
import { type DomainError, kernelErrors } from '../../../kernel/errors.ts';
import { requireMatch } from '../../../kernel/etag.ts';
import { configErrors } from '../errors.ts';
import { type Config, config } from '../schema.ts';
import type { FoundKey } from '../store/port.ts';
import { shown } from './shown.ts';

export type Found = FoundKey;

/** What the caller says of the key, and the error when a version that it names is not the current one. */
export interface Expected {
  readonly expected: number | undefined;
  /** Absent: `version_conflict`. */
  readonly conflict?: ((found: Found) => DomainError) | undefined;
}

/** Throws `expected_version_required`, `precondition_failed`, and the error of a conflict. */
export function requireExpected(
  ctx: ActorContext,
  found: Found,
  { expected, conflict = versionConflict }: Expected,
): void {
  if (expected === undefined && ctx.ifMatch === null) throw configErrors.expectedVersionRequired();
  const { epoch, config: stored } = found;
  const value = stored === undefined || stored.deleted ? undefined : stored;
  if (ctx.ifMatch !== null) {
    if (value === undefined) throw kernelErrors.preconditionFailed({ detail: nothingToMatch });
    // The tag is made only for a caller that names one.
    requireMatch(ctx, tagged(shown(value, epoch)));
  }
  if (expected === undefined) return;
  // A key without a value is expected by 0; who knows the version of its deletion may name that.
  const isExpected = value === undefined ? expected === 0 || expected === stored?.version : expected === value.version;
  if (!isExpected) throw conflict(found);
}

const nothingToMatch =
  'The key has no value, so no If-Match holds, `*` neither: to give it one, send `expected_version: 0` without If-Match.';

/** Returns what the tag of an answer is made of: all but the content, for which its hash stands. */
function tagged(value: Config): Omit<Config, 'content'> {
  const { content: _, ...rest } = config.parse(value);
  return rest;
}

/** Returns the version of the key; 0 when it has no value. */
export function currentVersion({ config }: Found): number {
  return config === undefined || config.deleted ? 0 : config.version;
}

/** The error of a write from another version than the current one. */
export function versionConflict(found: Found): DomainError {
  return configErrors.versionConflict({ members: { current_version: currentVersion(found) } });
}
