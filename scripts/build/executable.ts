/** The command `migrate` as one file that runs on a machine without Node: Node's own single executable application. */
import { execFileSync } from 'node:child_process';
import { chmodSync, copyFileSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { inject } from 'postject';
import { build, type Plugin } from 'rolldown';
import { conditionNames, db } from './places.ts';

/** The mark in Node's binary that says that it holds a program. */
const FUSE = 'NODE_SEA_FUSE_fce680ab2cc467b6e072b8b5df1996b2';

/** Writes dist/migrate: this Node, with the program in it. */
export async function executable(dist: string): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), 'migrate-'));
  try {
    await build({
      input: join(db, 'src/cli.ts'),
      platform: 'node',
      resolve: { conditionNames },
      plugins: [withoutEmbeddedEngine()],
      external: ['pg-native'],
      logLevel: 'warn',
      // Node reads the program of an executable as one CommonJS text.
      output: { file: join(folder, 'migrate.cjs'), format: 'cjs', codeSplitting: false },
    });
    const settings = { main: 'migrate.cjs', output: 'migrate.blob', disableExperimentalSEAWarning: true };
    writeFileSync(join(folder, 'sea.json'), JSON.stringify(settings));
    execFileSync(process.execPath, ['--experimental-sea-config', 'sea.json'], { cwd: folder, stdio: 'pipe' });
    const file = join(dist, 'migrate');
    copyFileSync(process.execPath, file);
    chmodSync(file, 0o755);
    await inject(file, 'NODE_SEA_BLOB', readFileSync(join(folder, 'migrate.blob')), { sentinelFuse: FUSE });
  } finally {
    rmSync(folder, { recursive: true });
  }
}

/** An executable has no files beside it, which the embedded engine needs. */
function withoutEmbeddedEngine(): Plugin {
  const name = '\0no-embedded-engine';
  return {
    name: 'without-embedded-engine',
    resolveId: (source) => (source === './pglite.ts' ? name : null),
    load(id) {
      if (id !== name) return null;
      return `export async function startPglite() {
        throw new Error('this executable has no embedded engine: set DATABASE_URL, or take migrate.mjs');
      }`;
    },
  };
}
