/**
 * Configurations in the registry's own database. A write is one transaction, and the row of the project's head, locked by
 * it, makes the order of revisions the order of commits. Reads are linearizable because they go to the one primary.
 */
import { configs, type Tx } from '@tenant-registry/db';
import type { ActorContext } from '../../../kernel/context.ts';
import { kernelErrors } from '../../../kernel/errors.ts';
import { newId } from '../../../kernel/ids.ts';
import { transact } from '../../../kernel/transact.ts';
import { configErrors } from '../errors.ts';
import { requireWritable } from '../place.ts';
import { type Author, BYTES_MAX, KEYS_MAX } from '../schema.ts';
import { current, moved } from './moved.ts';
import { pageOfDatabase } from './pages.ts';
import type { Change, ConfigStore, Outcome, Place, StoredConfig, Write } from './port.ts';
import { createPostgresTails, type TailParts } from './postgres-tails.ts';
import {
  authorOf,
  createdAt,
  eventOf,
  type Growth,
  growthOf,
  newPinsOf,
  storedOf,
  totalOf,
  userOf,
  versionOf,
} from './recorded.ts';

/** Makes the store. */
export function createPostgresStore(kernel: TailParts): ConfigStore {
  const tails = createPostgresTails(kernel);
  return {
    kind: 'postgres',
    async find({ db }, { project_id }, key) {
      const { epoch, config } = await configs.findConfig(db, { project_id, key });
      return { epoch: current(epoch), config: config && storedFrom(config) };
    },
    async findInProject({ db }, project_id, key) {
      const found = await configs.findConfigInProject(db, { project_id, key });
      if (found === undefined) return undefined;
      const { project: place, epoch, config } = found;
      return { place, epoch: current(epoch), config: config && storedFrom(config) };
    },
    async head({ db }, { project_id }) {
      const { epoch, revision } = await configs.findConfigHead(db, project_id);
      return { epoch: current(epoch), revision };
    },
    page: pageOfDatabase,
    async commit(ctx, place, write) {
      const outcome = await commit(ctx, place, write);
      if (outcome.outcome === 'committed') tails.changed(place.project_id);
      return outcome;
    },
    tail: tails.tail,
    isUp: () => true,
    close: tails.close,
  };
}

/** Returns the row as the store tells of it. */
export function storedFrom({ deleted_at, updated_by, ...row }: configs.ConfigRow): StoredConfig {
  // What the registry wrote itself.
  return { ...row, updated_by: updated_by as Author, deleted: deleted_at !== null };
}

/** Ends a transaction in which a base was not current any more. */
class Outdated extends Error {
  readonly key: string;

  constructor(key: string) {
    super('the key has changed meanwhile');
    this.key = key;
  }
}

async function commit(ctx: ActorContext, place: Place, write: Write): Promise<Outcome> {
  // Before the transaction, which holds others up.
  const growth = totalOf(write.changes.map(growthOf));
  try {
    return await transact(ctx, async (tx, record) => {
      await holdWritable(tx, place);
      await holdNewPins(tx, place, write.changes);
      for (const change of write.changes) {
        const { event, payload } = eventOf(change, place);
        await record(event, payload, { description: change.reason ?? undefined });
      }
      return writeAll(ctx, tx, { place, write, growth });
    });
  } catch (error) {
    if (error instanceof Outdated) return { outcome: 'conflict', key: error.key };
    throw error;
  }
}

/** Holds the project and its tenant as they are, for a write in them. */
async function holdWritable(tx: Tx, place: Place): Promise<void> {
  const held = await configs.lockConfigProjectShared(tx, place);
  if (held === undefined) throw kernelErrors.notFound();
  requireWritable(held);
}

/** A schema that is pinned anew is held against its deletion; one that a value has already cannot be deleted. */
async function holdNewPins(tx: Tx, { tenant_id }: Place, changes: readonly Change[]): Promise<void> {
  for (const id of newPinsOf(changes))
    if (!(await configs.lockConfigSchemaShared(tx, tenant_id, id))) throw configErrors.schemaNotFound();
}

interface Writing {
  readonly place: Place;
  readonly write: Write;
  readonly growth: Growth;
}

async function writeAll(ctx: ActorContext, tx: Tx, { place, write, growth }: Writing): Promise<Outcome> {
  const { changes, write_id } = write;
  const updated_at = ctx.clock().toISOString();
  const made = { write_id, updated_by: authorOf(ctx), updated_by_user_id: userOf(ctx, place), updated_at };
  const { epoch, revision, written, ...held } = await configs.insertOrUpdateConfigs(tx, {
    ...place,
    ...growth,
    values: changes.map((change) => newValue(ctx, change, updated_at)),
    write_id,
    author: made.updated_by,
    author_user_id: made.updated_by_user_id,
    at: updated_at,
  });
  if (epoch === null) throw moved();
  const late = changes.find(({ key }) => !written.includes(key));
  if (late !== undefined) throw new Outdated(late.key);
  requireRoom(growth, held);
  return {
    outcome: 'committed',
    epoch,
    configs: changes.map((change) => storedOf(change, place, { revision, ...made })),
  };
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
