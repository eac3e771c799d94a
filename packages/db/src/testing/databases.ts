/** Opens one database per caller, copied from the one that the global setup prepared. */
import { openAsBlob } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { openDatabase } from '../database.ts';
import { createDatabase, databaseUrl, dropDatabase } from './admin.ts';
import type { PgliteTemplates, PostgresTemplates, TestDatabase } from './types.ts';

export type EmptyOrMigrated = 'empty' | 'migrated';

/** Resolves to a PGlite of its own, in memory, loaded from a snapshot. */
export async function openSnapshot(templates: PgliteTemplates, content: EmptyOrMigrated): Promise<TestDatabase> {
  program ??= compileEngine();
  return openDatabase({ pglite: { snapshot: await openAsBlob(templates[content]), program: await program } });
}

/**
 * One for all databases of a thread, and never let go: V8 ends the process now and then when it frees the code of such a
 * program while other threads make theirs (https://github.com/nodejs/node/issues/64500).
 */
let program: Promise<object> | undefined;

async function compileEngine(): Promise<object> {
  const folder = dirname(createRequire(import.meta.url).resolve('@electric-sql/pglite'));
  // The types of Node leave it out.
  const { WebAssembly } = globalThis as unknown as { WebAssembly: { compile(bytes: Uint8Array): Promise<object> } };
  return WebAssembly.compile(await readFile(join(folder, 'pglite.wasm')));
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
