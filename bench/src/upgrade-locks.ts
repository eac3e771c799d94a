/** How long others wait while `migrate up` brings the schema of the previous release to this one, beside a large audit log. */

import { readFile } from 'node:fs/promises';
import { setTimeout as sleep } from 'node:timers/promises';
import { latestVersion, migrateUp, openDatabase } from '@tenant-registry/db';
import pg from 'pg';
import { loadRows, TENANT } from './audit/rows.ts';
import { readOptions, wholeNumber } from './lib/options.ts';
import { reportFailure } from './lib/run-bench.ts';
import { type Figure, runSections, type SectionOf } from './lib/sections.ts';

const usage = `Usage: node bench/src/upgrade-locks.ts [options]

Migrates a database of the previous release (release/previous.json) with so many rows in its audit log, while one client
reads the log and another one writes to it every ten milliseconds, and reports the longest wait of each.
PostgreSQL: the server in DATABASE_URL (with a role that may create databases), or a temporary one without that variable.
Exit codes: 0 measured, 1 failed, 2 usage.`;

const LIMIT_MS = 3_600_000;
const EVERY_MS = 10;
/** loadRows adds a tenth of other tenants' rows to those of the measured tenant. */
const OTHERS = 1.1;

interface Settings {
  readonly rows: number;
}

/** One statement, repeated until it is told to stop. */
interface Probe {
  stop(): Promise<void>;
  /** The longest time of one statement in milliseconds, and how many there were, since it was last asked. */
  take(): { readonly longestMs: number; readonly count: number };
}

const READ = `select id from audit_log where tenant_id = '${TENANT}' order by created_at desc, id desc limit 1`;
const WRITE = `insert into audit_log (id, tenant_id, tenant_slug, product, actor_type, actor_id, action, occurred_at)
  values (gen_random_uuid(), '${TENANT}', 'tenant-1', 'product-1', 'user', 'user-1', 'probe.written', now())`;

const measure: SectionOf<Settings> = async ({ rows, databases, stack, progress }) => {
  const url = await databases.createDatabase('upgrade_locks');
  const { schema } = JSON.parse(await readFile(new URL('../../release/previous.json', import.meta.url), 'utf8'));
  const registry = await openDatabase({ url, statementTimeoutMs: 0, connectTimeoutMs: 60_000 });
  stack.defer(() => registry.close());
  await migrateUp(registry.db, schema);
  progress(`loading ${rows} rows of audit_log at version ${schema}`);
  const loader = await connect(url);
  await loadRows(loader, Math.round(rows / OTHERS));
  await loader.end();
  const probes = { reader: await startProbe(url, READ), writer: await startProbe(url, WRITE) };
  const figures: Figure[] = [];
  for (let version = schema + 1; version <= latestVersion; version += 1) {
    await sleep(1_000);
    for (const probe of Object.values(probes)) probe.take();
    const began = performance.now();
    const [name = ''] = await migrateUp(registry.db, 1);
    figures.push({ what: `${name} takes`, value: Math.round(performance.now() - began), unit: 'ms' });
    await sleep(1_000); // those that waited have been answered
    for (const [who, probe] of Object.entries(probes)) {
      const value = Math.round(probe.take().longestMs);
      figures.push({ what: `${name}: the ${who} waits at most`, value, unit: 'ms' });
    }
    progress(`${name} is applied`);
  }
  await sleep(1_000);
  for (const [who, probe] of Object.entries(probes)) {
    const { longestMs, count } = probe.take();
    figures.push({ what: `afterwards the ${who} waits at most`, value: Math.round(longestMs), unit: 'ms' });
    if (count === 0) throw new Error(`the ${who} had no answer afterwards`);
    await probe.stop();
  }
  return figures;
};

async function startProbe(url: string, statement: string): Promise<Probe> {
  const client = await connect(url);
  let [going, longestMs, count] = [true, 0, 0];
  const running = (async () => {
    while (going) {
      const began = performance.now();
      await client.query(statement);
      longestMs = Math.max(longestMs, performance.now() - began);
      count += 1;
      await sleep(EVERY_MS);
    }
  })();
  return {
    take() {
      const taken = { longestMs, count };
      [longestMs, count] = [0, 0];
      return taken;
    },
    async stop() {
      going = false;
      await running;
      await client.end();
    },
  };
}

async function connect(url: string): Promise<pg.Client> {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  return client;
}

const sections = { 'audit-log': measure };
await runSections({
  name: 'upgrade-locks',
  limitMs: LIMIT_MS,
  sections,
  only: Object.keys(sections),
  settings: read(),
});

function read(): Settings {
  try {
    const values = readOptions(usage, {
      rows: { help: 'rows of the audit log, 1000 to 100000000', fallback: '10000000' },
    });
    return { rows: wholeNumber('rows', values.rows, [1_000, 100_000_000]) };
  } catch (error) {
    process.exit(reportFailure(error));
  }
}
