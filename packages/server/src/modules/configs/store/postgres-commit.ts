/** Writes of configurations in the registry's own database: those that are made together are made in one transaction. */
import { configs, type Db } from '@tenant-registry/db';
import type { ActorContext } from '../../../kernel/context.ts';
import { DomainError, kernelErrors } from '../../../kernel/errors.ts';
import { newId } from '../../../kernel/ids.ts';
import { transactTogether } from '../../../kernel/transact.ts';
import { configErrors } from '../errors.ts';
import { requireWritable } from '../place.ts';
import { moved } from './moved.ts';
import type { Change, Outcome } from './port.ts';
import { authorOf, createdAt, eventOf, newPinsOf, requireRoom, storedOf, userOf, versionOf } from './recorded.ts';
import { createTogether, Outdated, type Wish, type Wishes } from './together.ts';

/** What a write weighs beside its contents. */
const WRITE_BYTES = 16_384;

/** Makes `commit` of the store. */
export function createCommit() {
  return createTogether({
    runningMax: 1,
    weightOf: ({ written }) => WRITE_BYTES + written,
    weightMax: 1_048_576,
    waitingMax: 200,
    commitTogether: (db, wishes) => commitAll(db, wishes, { wait: false }),
    async commitAlone(db, wish) {
      const [outcome] = await commitAll(db, [wish], { wait: true });
      if (outcome === undefined) throw new Error('one write has one outcome');
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
  /** Wait for what others hold. */
  readonly wait: boolean;
}

/** Makes all of the writes or none. Throws `Outdated`, which sets those apart that would have to wait, and the error of a single one. */
async function commitAll(db: Db, wishes: Wishes, { wait }: Patience): Promise<Outcome[]> {
  const asked = wishes.map(writeOf);
  const caused = wishes.flatMap(({ ctx, place, write: { changes } }) =>
    changes.map((change) => ({ ctx, ...eventOf(change, place), description: change.reason ?? undefined })),
  );
  const written = await transactTogether(db, caused, async (tx, entries) => {
    const rows = await configs.insertOrUpdateConfigs(tx, { writes: asked, entries, wait });
    requireWritten(wishes, rows);
    return rows;
  });
  return wishes.map(({ place, write }, n) => {
    const [row, made] = [written[n], asked[n]];
    if (row?.epoch == null || made === undefined) throw new Error('each write that was made has a row');
    const { author, author_user_id, at, write_id } = made;
    const how = { write_id, updated_by: author, updated_by_user_id: author_user_id, updated_at: at };
    const after = write.changes.map((change) => storedOf(change, place, { revision: row.revision, ...how }));
    return { outcome: 'committed', epoch: row.epoch, configs: after };
  });
}

function writeOf({ ctx, place, write: { changes, write_id }, growth }: Wish) {
  const at = ctx.clock().toISOString();
  return {
    ...{ tenant_id: place.tenant_id, project_id: place.project_id },
    ...growth,
    values: changes.map((change) => newValue(ctx, change, at)),
    new_schema_ids: newPinsOf(changes),
    ...{ write_id, author: authorOf(ctx), author_user_id: userOf(ctx, place), at },
  };
}

/** Throws what keeps writes from being made, so that the transaction is rolled back. */
function requireWritten(wishes: Wishes, rows: readonly configs.WrittenConfigs[]): void {
  const late = new Map<Wish, string>();
  const apart: Wish[] = [];
  for (const [n, wish] of wishes.entries()) {
    const row = rows[n];
    if (row === undefined) throw new Error('each write has a row');
    if (row.epoch === null) throw moved();
    try {
      requireAllowed(wish, row);
      const change = wish.write.changes.find(({ key }) => !row.written.includes(key));
      if (change === undefined) requireRoom(wish.growth, row);
      // Where a schema is not there, nothing is tried for anyone.
      else if (row.revision > 0) late.set(wish, change.key);
    } catch (error) {
      if (wishes.length === 1) throw error;
      apart.push(wish);
    }
  }
  if (late.size > 0 || apart.length > 0) throw new Outdated(late, apart);
  if (rows.some(({ revision }) => revision === 0)) throw new Error('what nothing keeps from being made has a revision');
}

function requireAllowed({ write }: Wish, { tenant_status, project_status, schema_ids }: configs.WrittenConfigs): void {
  if (tenant_status === null || project_status === null) throw kernelErrors.notFound();
  requireWritable({ tenant_status, project_status });
  if (!newPinsOf(write.changes).every((id) => schema_ids.includes(id))) throw configErrors.schemaNotFound();
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
