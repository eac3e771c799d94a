/** Data directories for processes on the embedded engine, whose database the run's global setup has migrated once. */
import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { inject } from 'vitest';

/**
 * Makes a directory in which the schema is as a first start leaves it, and nothing else: `initdb` and migrations take
 * seconds of each start. The caller removes it. Only for files of the project `pglite`.
 */
export function migratedDataDir(): string {
  const folder = mkdtempSync(join(tmpdir(), 'registry-'));
  const database = join(folder, 'pglite');
  mkdirSync(database);
  execFileSync('tar', ['-xf', inject('pglite').migrated, '-C', database]);
  return folder;
}
