/** Moves a registry to another database, and says what has to go along. */
import { existsSync } from 'node:fs';
import { type DatabaseConfig, embeddedDirectory, openDatabase, UsageError, urlMistakes } from '@tenant-registry/db';
import { type Copied, copyDatabase } from '@tenant-registry/db/copy';
import type { CopyFlags } from '../copy.ts';
import { progressOf } from '../progress.ts';

/** What the database does not hold: printed with every copy. */
const TAKE_ALONG = [
  'SECRETS_KEY: the secrets of webhooks are sealed under it (development: DATA_DIR/secrets-key)',
  'AUDIT_SIGNING_KEY and AUDIT_ORIGIN: by the one, under the other the audit log is signed (development: DATA_DIR/audit-signing-key, localhost/audit)',
  'API_KEY_PEPPER, where it is set: digests of keys are made under it',
  'OPERATOR_TOKEN and INTERNAL_TOKEN (development: DATA_DIR/tokens.json)',
  'CONFIG_STORE and ETCD_*, where configurations are in etcd: they stay there',
];

/** Resolves when everything was copied. Throws `UsageError` for a wrong call, and other errors when nothing was copied. */
export async function copy({ from, to, dryRun = false, json = false }: CopyFlags): Promise<void> {
  const [source, target] = [sourceOf(from), targetOf('--to', to)];
  const begun = performance.now();
  const reading = await openDatabase(source);
  try {
    const writing = await openDatabase(target);
    try {
      const progress = progressOf('table', 'rows');
      const copied = await copyDatabase(reading, writing, { dryRun, progress }).finally(() => progress.end());
      say(copied, { dryRun, json, seconds: (performance.now() - begun) / 1_000 });
    } finally {
      await writing.close();
    }
  } finally {
    await reading.close();
  }
}

function sourceOf(from: string): DatabaseConfig {
  if (/^[a-z]+:\/\//.test(from)) return targetOf('--from', from);
  const folder = embeddedDirectory(from);
  if (!existsSync(folder)) throw new UsageError(`--from ${from}: there is no database, ${folder} is absent`);
  return { pglite: { dataDir: folder } };
}

function targetOf(option: string, url: string): DatabaseConfig {
  const [mistake] = urlMistakes(url);
  if (mistake !== undefined) throw new UsageError(`${option}: the URL ${mistake.message}`);
  return { url, statementTimeoutMs: 0, connectTimeoutMs: 10_000, applicationName: 'tenant-registry-copy' };
}

interface Said {
  readonly dryRun: boolean;
  readonly json: boolean;
  readonly seconds: number;
}

function say(copied: Copied, { dryRun, json, seconds }: Said): void {
  if (json) {
    console.log(JSON.stringify({ dry_run: dryRun, ...copied, seconds, take_along: TAKE_ALONG }));
    return;
  }
  for (const { table, rows, hash } of copied.tables) if (rows > 0) console.log(`${table}: ${rows} rows, ${hash}`);
  const schema = copied.migrates && dryRun ? ' The target is empty and would get its schema first.' : '';
  const what = `${copied.rows} rows of ${copied.tables.length} tables`;
  console.log(
    dryRun ? `${what} would be copied.${schema}` : `${what} copied and compared in ${seconds.toFixed(1)} s: equal.`,
  );
  console.error('The new environment must take along, because no database holds it:');
  for (const each of TAKE_ALONG) console.error(`  ${each}`);
}
