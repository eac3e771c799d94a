/** Configurations as a file: written out in one state, and taken in with a plan. */
import type { ActorContext } from '../../../kernel/context.ts';
import { DomainError, statuses } from '../../../kernel/errors.ts';
import type { TextStream } from '../../../kernel/streams/text-stream.ts';
import { cursorOf } from '../cursor.ts';
import { configErrors } from '../errors.ts';
import { readablePlace, requireWritable } from '../place.ts';
import { type StateForm, textOfState } from '../reading/state-text.ts';
import type { Change, Place } from '../store/port.ts';
import { objectText } from '../values/shown.ts';
import { ownWrite, writeIdOf } from '../values/write.ts';
import { type PlannedChange, type PlannedItem, planOf } from './plan.ts';
import { type ExportConfigs, type ImportConfigs, type ImportedConfigs, MISTAKES_MAX } from './schema.ts';
import { stepsOf } from './steps.ts';

const form: StateForm = {
  mediaType: 'application/x-ndjson',
  filename: 'configs.ndjson',
  head: () => '',
  between: '',
  tail: '',
  text: ({ key, content, schema_id, schema_version }) =>
    `${objectText({ key }, content, { schema_id, schema_version })}\n`,
};

/** The configurations of a project in one state, one key a line. Throws like `textOfState`. */
export function exportConfigs(ctx: ActorContext, asked: ExportConfigs): Promise<TextStream> {
  return textOfState(ctx, asked, form);
}

/**
 * Gives the keys their contents, and with `prune` deletes those that no item names. All items are planned and checked first;
 * when one is invalid nothing is written. What has to be written is written in steps, each all or nothing. Throws
 * `config_import_invalid`, `config_import_conflict` and like `commit` of the store while nothing was written; from then on the
 * answer says what was. A repetition with its Idempotency-Key, after the answer was lost, tells what was made as it was made,
 * and does the rest.
 */
export async function importConfigs(ctx: ActorContext, input: ImportConfigs): Promise<ImportedConfigs> {
  const place = await readablePlace(ctx, input.project_id);
  requireWritable(place);
  const leave = await ctx.configReads.enter(ctx.actor.tenant_id, { signal: ctx.signal });
  try {
    const write_id = writeIdOf(ctx);
    const plan = await planOf(ctx, place, { input, write_id });
    const errors = plan.flatMap(({ mistakes }) => mistakes).slice(0, MISTAKES_MAX);
    const isInvalid = plan.some(({ action }) => action === 'invalid');
    if (isInvalid && !input.dry_run)
      throw configErrors.importInvalid({ errors: errors.map((mistake) => ({ ...mistake, in: 'body' })) });
    const changes = input.dry_run ? [] : plan.flatMap(({ change }) => change ?? []);
    const made = plan.filter(({ madeAt }) => madeAt !== null);
    const keys = new Set(made.map(({ key }) => key));
    const written = await writeAll(ctx, place, { changes, write_id, keys });
    const cursor = written.cursor ?? cursorOf(place, { ...(await ctx.configStore.head(ctx, place)), ...lastOf(made) });
    return { ...told(plan, written), cursor, dry_run: input.dry_run, errors: errors.map(pointerAndMessage) };
  } finally {
    leave();
  }
}

const pointerAndMessage = ({ pointer, message }: ImportedConfigs['errors'][number]) => ({ pointer, message });

/** Returns the newest revision; nothing when there is none. */
function lastOf(made: readonly PlannedItem[]): { readonly revision?: number } {
  return made.length === 0 ? {} : { revision: Math.max(...made.map(({ madeAt }) => madeAt ?? 0)) };
}

interface Writing {
  readonly changes: readonly PlannedChange[];
  readonly write_id: string;
  /** That were written before; those that are written now are added. */
  readonly keys: Set<string>;
}

interface Written {
  readonly keys: ReadonlySet<string>;
  /** The state after the last step; null: there was none. */
  readonly cursor: string | null;
  readonly stopped: ImportedConfigs['stopped'];
}

async function writeAll(ctx: ActorContext, place: Place, { changes, write_id, keys }: Writing): Promise<Written> {
  let cursor: string | null = null;
  for (const step of stepsOf(changes)) {
    const outcome = await writeStep(ctx, place, { step, write_id });
    if ('error' in outcome) {
      if (keys.size === 0) throw outcome.error;
      const code = outcome.isConflict ? configErrors.versionConflict.definition.code : outcome.error.definition.code;
      return { keys, cursor, stopped: { key: step[0]?.key ?? '', code } };
    }
    for (const { key } of step) keys.add(key);
    cursor = outcome.cursor;
  }
  return { keys, cursor, stopped: null };
}

type StepOutcome = { readonly cursor: string } | { readonly error: DomainError; readonly isConflict: boolean };

interface Step {
  readonly step: readonly PlannedChange[];
  readonly write_id: string;
  readonly isRepeated?: boolean;
}

/**
 * Makes the changes of one step, or none. Changes that this very import made since they were planned, because an earlier try
 * of it took effect so late, are left as they are. A failure of the registry itself is thrown.
 */
async function writeStep(ctx: ActorContext, place: Place, { step, write_id, isRepeated }: Step): Promise<StepOutcome> {
  const conflict = (conflicting_key: string) => ({
    error: configErrors.importConflict({ members: { conflicting_key } }),
    isConflict: true,
  });
  const changes: Change[] = [];
  let cursor = '';
  for (const { from, ...change } of step) {
    const { epoch, config: base } = await ctx.configStore.find(ctx, place, change.key);
    if ((base?.version ?? 0) === from) {
      changes.push({ ...change, base });
      continue;
    }
    const own = await ownWrite(ctx, { place, config: base, write_id });
    if (own === undefined) return conflict(change.key);
    cursor = cursorOf(place, { epoch, revision: own.revision });
  }
  if (changes.length === 0) return { cursor };
  try {
    const result = await ctx.configStore.commit(ctx, place, { changes, write_id });
    if (result.outcome === 'conflict')
      return isRepeated ? conflict(result.key) : writeStep(ctx, place, { step, write_id, isRepeated: true });
    const { epoch } = result;
    return { cursor: cursorOf(place, { epoch, revision: result.configs[0]?.revision ?? 0 }) };
  } catch (error) {
    if (!(error instanceof DomainError) || statuses[error.definition.status].http >= 500) throw error;
    return { error, isConflict: false };
  }
}

function told(plan: readonly PlannedItem[], { keys, stopped }: Written) {
  const counts = { create: 0, update: 0, unchanged: 0, delete: 0, invalid: 0 };
  for (const { action } of plan) counts[action] += 1;
  const items = plan.map(({ key, action, version }) => ({ key, action, version, written: keys.has(key) }));
  return { complete: stopped === null, counts, items, stopped };
}
