/** Opens one database per caller, copied from the one that the global setup prepared. */
import { openAsBlob } from 'node:fs';
import { openDatabase } from '../database.ts';
import { createDatabase, databaseUrl, dropDatabase } from './admin.ts';
import type { PgliteTemplates, PostgresTemplates, TestDatabase } from './types.ts';

export type EmptyOrMigrated = 'empty' | 'migrated';

/** Resolves to a PGlite of its own, in memory, loaded from a snapshot. */
export async function openSnapshot(templates: PgliteTemplates, content: EmptyOrMigrated): Promise<TestDatabase> {
  return openDatabase({ pglite: { snapshot: await openAsBlob(templates[content]) } });
}

/** Resolves to a PostgreSQL database of its own, cloned from the template; `close` drops it. */
export async function openClone(templates: PostgresTemplates, content: EmptyOrMigrated): Promise<TestDatabase> {
  const { adminUrl, prefix, template } = templates;
  const name = await createDatabase(adminUrl, { prefix, ...(content === 'migrated' && { template }) });
  const url = databaseUrl(adminUrl, name);
  const handle = await openDatabase({ url });
  let closing: Promise<void> | undefined;
  return {
    ...handle,
    url,
    close() {
      closing ??= handle.close().then(() => dropDatabase(adminUrl, name));
      return closing;
    },
  };
}
