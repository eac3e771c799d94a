/** Writes of configurations in the registry's own database: those that are made together are made in one transaction. */
import { configs, type Db, type Tx } from '@tenant-registry/db';
import type { ActorContext } from '../../../kernel/context.ts';
import { DomainError, kernelErrors } from '../../../kernel/errors.ts';
import { newId } from '../../../kernel/ids.ts';
import { transactTogether } from '../../../kernel/transact.ts';
import { configErrors } from '../errors.ts';
import { requireWritable } from '../place.ts';
import { BYTES_MAX, KEYS_MAX } from '../schema.ts';
import { moved } from './moved.ts';
import type { Change, Outcome, Place } from './port.ts';
import { authorOf, createdAt, eventOf, type Growth, newPinsOf, storedOf, userOf, versionOf } from './recorded.ts';
import { createTogether, Outdated, type Wish, type Wishes } from './together.ts';

/** What a write weighs beside its contents. */
const WRITE_BYTES = 16_384;

/** Makes `commit` of the store. */
export function createCommit() {
  return createTogether({
    runningMax: 1,
    weightOf: ({ growths }) => growths.reduce((sum, { bytes }) => sum + Math.max(bytes, 0), WRITE_BYTES),
    weightMax: 1_048_576,
    waitingMax: 200,
    commitTogether: (db, wishes) => commitAll(db, wishes, { wait: false }),
    async commitAlone(db, wish) {
      const [outcome] = await commitAll(db, [wish], { wait: true });
      if (outcome === undefined || outcome === 'alone') throw kernelErrors.notFound();
      return outcome;
    },
    // Each write has a revision of its own, also in one project.
    namesOf: ({ place, write }) => write.changes.map(({ key }) => `${place.project_id}/${key}`),
    isShared: (error) => !(error instanceof DomainError) && !isRefusal(error),
  });
}

/** A statement was refused for what it says, or for what somebody else holds. */
function isRefusal(error: unknown): boolean {
  const code = typeof error === 'object' && error !== null && 'code' in error ? String(error.code) : '';
  return /^(2[23]|40|54|55|57014)/.test(code);
}

interface Patience {
  /** Wait for what others hold; otherwise a write that would have to is 'alone'. */
  readonly wait: boolean;
}

async function commitAll(db: Db, wishes: Wishes, patience: Patience): Promise<(Outcome | 'alone')[]> {
  return transactTogether({ db, ctx: wishes[0].ctx }, async (tx, record) => {
    const held = await holdWritable(tx, wishes, patience);
    if (held.length === 0) throw kernelErrors.notFound();
    for (const { place, write } of held) await holdNewPins(tx, place, write.changes);
    for (const { ctx, place, write } of held)
      for (const change of write.changes)
        record(ctx, { ...eventOf(change, place), description: change.reason ?? undefined });
    const made = new Map(await writeAll(tx, held));
    return wishes.map((wish) => made.get(wish) ?? 'alone');
  });
}

/** Holds the projects and their tenants as they are, for writes in them, and returns the writes for which it does. */
async function holdWritable(tx: Tx, wishes: Wishes, { wait }: Patience): Promise<readonly Wish[]> {
  const places = wishes.map(({ place }) => place);
  const held = await configs.lockConfigProjectsShared(tx, places, { wait });
  return wishes.filter(({ place }) => {
    const found = held.find(({ project_id }) => project_id === place.project_id);
    if (found !== undefined) requireWritable(found);
    return found !== undefined;
  });
}

/** A schema that is pinned anew is held against its deletion; one that a value has already cannot be deleted. */
async function holdNewPins(tx: Tx, { tenant_id }: Place, changes: readonly Change[]): Promise<void> {
  const ids = newPinsOf(changes);
  if (ids.length === 0) return;
  const held = await configs.lockConfigSchemasShared(tx, tenant_id, ids);
  if (held.length < ids.length) throw configErrors.schemaNotFound();
}

async function writeAll(tx: Tx, wishes: readonly Wish[]): Promise<(readonly [Wish, Outcome])[]> {
  const asked = wishes.map((wish) => {
    const { ctx, place, write } = wish;
    const updated_at = ctx.clock().toISOString();
    const how = {
      write_id: write.write_id,
      updated_by: authorOf(ctx),
      updated_by_user_id: userOf(ctx, place),
      updated_at,
    };
    return { wish, how };
  });
  const { epoch, written } = await configs.insertOrUpdateConfigs(
    tx,
    asked.map(
      ({ wish: { ctx, place, write, growth }, how: { write_id, updated_by, updated_by_user_id, updated_at } }) => ({
        ...place,
        ...growth,
        values: write.changes.map((change) => newValue(ctx, change, updated_at)),
        write_id,
        author: updated_by,
        author_user_id: updated_by_user_id,
        at: updated_at,
      }),
    ),
  );
  if (epoch === null) throw moved();
  const late = wishes.flatMap((wish, n) => {
    const change = wish.write.changes.find(({ key }) => !written[n]?.written.includes(key));
    return change === undefined ? [] : [[wish, change.key] as const];
  });
  if (late.length > 0) throw new Outdated(new Map(late));
  return asked.map(({ wish, how }, n) => {
    const row = written[n];
    if (row === undefined) throw new Error('each write has a row');
    requireRoom(wish.growth, row);
    const made = { revision: row.revision, ...how };
    const configs = wish.write.changes.map((change) => storedOf(change, wish.place, made));
    return [wish, { outcome: 'committed', epoch, configs }];
  });
}

function newValue({ clock }: ActorContext, change: Change, now: string): configs.NewConfigValue {
  const { key, operation, source_version, schema_id, schema_version, content, content_sha256, reason } = change;
  return {
    id: newId(clock),
    key,
    version: versionOf(change),
    operation,
    source_version,
    schema_id,
    schema_version,
    content: operation === 'delete' ? null : JSON.stringify(content),
    content_sha256,
    reason,
    created_at: createdAt(change, now),
  };
}

/** Throws `config_quota_exceeded` when the write takes the project over a bound; one that takes nothing more may pass. */
export function requireRoom(growth: Growth, { keys, bytes }: Growth): void {
  const isOver = (growth.keys > 0 && keys > KEYS_MAX) || (growth.bytes > 0 && bytes > BYTES_MAX);
  if (isOver)
    throw configErrors.configQuotaExceeded({ members: { keys, keys_max: KEYS_MAX, bytes, bytes_max: BYTES_MAX } });
}
