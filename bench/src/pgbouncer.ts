/** Runs many clients of many tenants over few connections of PgBouncer, and exits with 1 if one sees a foreign row. */
import { type DatabaseHandle, migrateUp, openDatabase } from '@tenant-registry/db';
import { openDatabaseServer } from './lib/databases.ts';
import { readOptions, wholeNumber } from './lib/options.ts';
import { table, writeResults } from './lib/report.ts';
import { runBench } from './lib/run-bench.ts';
import { runControl } from './pgbouncer/control.ts';
import { makeTenants, runMixedLoad } from './pgbouncer/mixed-load.ts';
import { startPooler } from './pgbouncer/pooler.ts';
import { measureScopedRead, type ReadCost } from './pgbouncer/scoped-read.ts';

const LIMIT_MS = 600_000;

const USAGE = `node bench/src/pgbouncer.ts [options]

Runs many clients for many tenants through PgBouncer (Debian: apt-get install -y pgbouncer) in transaction mode, and
counts the rows that a client must not see. Measures a tenant-scoped read beside a plain one.
Exit codes: 0 no foreign row, 1 foreign rows or a failure, 2 usage.`;

await runBench(LIMIT_MS, async (stack) => {
  const given = readOptions(USAGE, {
    clients: { help: 'clients at once', fallback: '64' },
    steps: { help: 'steps of each client', fallback: '200' },
    tenants: { help: 'tenants that they work for', fallback: '40' },
    'pool-size': { help: "PgBouncer's connections to PostgreSQL", fallback: '8' },
    reads: { help: 'reads in each round of the measurement', fallback: '1000' },
  });
  const clients = wholeNumber('clients', given.clients, [1, 200]);
  const steps = wholeNumber('steps', given.steps, [1, 100_000]);
  const count = wholeNumber('tenants', given.tenants, [2, 1_000]);
  const poolSize = wholeNumber('pool-size', given['pool-size'], [1, 50]);
  const reads = wholeNumber('reads', given.reads, [10, 100_000]);

  const server = await openDatabaseServer(stack);
  const directUrl = await server.createDatabase('pgbouncer');
  const direct = await opened({ url: directUrl }, stack);
  await migrateUp(direct.db);
  const pooler = await startPooler(directUrl, poolSize, stack);
  const config = { url: pooler.url, directUrl, connectionsMax: clients, connectTimeoutMs: 60_000 };
  const pooled = await opened(config, stack);
  const tenants = await makeTenants(direct.db, count);
  const [first] = tenants;
  if (first === undefined) throw new Error('there is no tenant');

  const findings = await runMixedLoad(pooled, tenants, { clients, steps });
  const cost = {
    direct: await measureScopedRead(direct, first.id, { rounds: 9, reads }),
    pgbouncer: await measureScopedRead(pooled, first.id, { rounds: 9, reads }),
  };
  const control = await runControl(pooler.url, tenants, clients);
  const settings = { clients, steps, tenants: count, poolSize, reads, rounds: 9, pooler: pooler.version };
  const file = await writeResults('pgbouncer', {
    settings,
    postgres: server.about,
    findings,
    control_foreign_rows: control,
    scoped_read: cost,
  });

  const done = Object.values(findings.operations).reduce((sum, each) => sum + each, 0);
  process.stdout.write(`${pooler.version}, ${clients} clients, ${poolSize} connections: ${done} operations, `);
  process.stdout.write(`${findings.rows} rows, ${findings.foreign} foreign, ${findings.missing} answers incomplete\n`);
  process.stdout.write(`control, role and tenant set for the session: ${control} foreign rows\n\n`);
  process.stdout.write(`${costTable(cost)}\n\n${file}\n`);
  if (findings.foreign > 0 || findings.missing > 0)
    throw new Error('a client saw foreign rows or missed rows of its own');
  if (control === 0) throw new Error('the control saw no foreign row, so the bench could not have detected one');
});

async function opened(
  config: Parameters<typeof openDatabase>[0],
  stack: AsyncDisposableStack,
): Promise<DatabaseHandle> {
  const handle = await openDatabase(config);
  stack.defer(() => handle.close());
  return handle;
}

function costTable(cost: Readonly<Record<string, ReadCost>>): string {
  const rows = Object.entries(cost).map(([way, { plain_ms, scoped_ms, ratio }]) => [
    way,
    `${plain_ms}`,
    `${scoped_ms}`,
    `${ratio}`,
  ]);
  return table([['one tenant read', 'plain ms', 'scoped ms', 'ratio'], ...rows]);
}
