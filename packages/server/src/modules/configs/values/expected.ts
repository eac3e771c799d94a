/** Whether a write starts from what is there: by `expected_version`, by If-Match, by one of them at least. */
import type { ActorContext } from '../../../kernel/context.ts';
import { requireMatchOrAbsence } from '../../../kernel/etag.ts';
import { configErrors } from '../errors.ts';
import type { StoredConfig } from '../store/port.ts';
import { shown } from './shown.ts';

export interface Found {
  readonly epoch: string;
  readonly config: StoredConfig | undefined;
}

/** Throws `expected_version_required`, `version_conflict` and `precondition_failed`. */
export function requireExpected(ctx: ActorContext, found: Found, expected: number | undefined): void {
  if (expected === undefined && ctx.ifMatch === null) throw configErrors.expectedVersionRequired();
  const { epoch, config } = found;
  const value = config === undefined || config.deleted ? undefined : config;
  requireMatchOrAbsence(ctx, value && shown(value, epoch));
  if (expected === undefined) return;
  // A key without a value is expected by 0; who knows the version of its deletion may name that.
  const isExpected = value === undefined ? expected === 0 || expected === config?.version : expected === value.version;
  if (!isExpected) throw versionConflict(found);
}

/** The error of a write from another version than the current one. */
export function versionConflict({ config }: Found) {
  const current_version = config === undefined || config.deleted ? 0 : config.version;
  return configErrors.versionConflict({ members: { current_version } });
}

/** Tells whether the caller takes any version, so that a change of another writer is no conflict but a reason to look again. */
export function takesAnyVersion({ ifMatch }: ActorContext, expected: number | undefined): boolean {
  return expected === undefined && ifMatch?.trim() === '*';
}
