/** Global setup of the vitest project `pglite`: one empty and one migrated snapshot for the whole run. */
import { mkdtempSync, rmSync } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { sql } from 'kysely';
import type { TestProject } from 'vitest/node';
import { openDatabase } from '../database.ts';
import type { Db } from '../handles.ts';
import { migrateUp } from '../migrate.ts';
import { emptySnapshot } from './pglite-cache.ts';

export async function setup(project: TestProject): Promise<() => void> {
  const directory = mkdtempSync(join(tmpdir(), 'tenant-registry-pglite-'));
  const remove = () => rmSync(directory, { recursive: true, force: true });
  process.once('exit', remove); // vitest tears nothing down when a signal ends it
  const empty = await emptySnapshot();
  const paths = { empty: join(directory, 'empty.tar'), migrated: join(directory, 'migrated.tar') };
  await writeFile(paths.empty, empty.stream());
  const { db, dump, close } = await openDatabase({ pglite: { snapshot: empty } });
  try {
    await migrateUp(db);
    await writeFile(paths.migrated, (await dump()).stream());
    console.log(`test engine: ${await engineName(db)}`);
  } finally {
    await close();
  }
  project.provide('pglite', paths);
  return remove;
}

/** `PGlite 0.5.16 (PostgreSQL 18.6)`, from `PostgreSQL 18.6 (PGlite 0.5.16) on wasm32 …`. */
async function engineName(db: Db): Promise<string> {
  const { rows } = await sql<{ version: string }>`select version()`.execute(db);
  const version = rows[0]?.version ?? '';
  return version.replace(/^(PostgreSQL \S+) \((PGlite [^)]+)\).*$/, '$2 ($1)');
}
