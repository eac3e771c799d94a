/**
 * Configurations in the registry's own database. A write is one transaction, and the row of the project's head, locked by
 * it, makes the order of revisions the order of commits. Reads are linearizable because they go to the one primary.
 */
import { configs } from '@tenant-registry/db';
import { batchedByReach, readsTogether } from '../../../kernel/batch-by-reach.ts';
import type { Author } from '../schema.ts';
import { current } from './moved.ts';
import { pageOfDatabase } from './pages.ts';
import type { ConfigStore, StoredConfig } from './port.ts';
import { createCommit } from './postgres-commit.ts';
import { createPostgresTails, type TailParts } from './postgres-tails.ts';

/** Makes the store. */
export function createPostgresStore(kernel: TailParts): ConfigStore {
  const commit = createCommit();
  const findTogether = batchedByReach({ ask: configs.findConfigs, ...readsTogether });
  const tails = createPostgresTails(kernel);
  return {
    kind: 'postgres',
    async find(ctx, { project_id }, key) {
      const { epoch, config } = await findTogether(ctx, { project_id, key });
      return { epoch: current(epoch), config: config && storedFrom(config) };
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
