/** Starts the embedded engine, with the extensions that the schema uses. Loaded only where that engine is used. */
import { PGlite, type PGliteOptions } from '@electric-sql/pglite';
import { btree_gist } from '@electric-sql/pglite/contrib/btree_gist';
import { pg_trgm } from '@electric-sql/pglite/contrib/pg_trgm';
import { parsers } from './types.ts';

export type { PGlite };

/** Resolves to a running engine on the folder or snapshot that the options name, or in memory. */
export function startPglite(
  options: Pick<PGliteOptions, 'dataDir' | 'loadDataDir' | 'pgliteWasmModule'>,
): Promise<PGlite> {
  return PGlite.create({ ...options, extensions: { btree_gist, pg_trgm }, parsers });
}
