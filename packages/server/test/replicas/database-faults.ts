/**
 * Kills the server at each message that it sends to the world in which databases are made, while one is made, gets another
 * login or is destroyed, and looks at what the next server makes of it. Used by the test suite with some of the messages and
 * by `bench/src/databases.ts` with all of them.
 */
import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { type Db, openDatabase } from '@tenant-registry/db';
import { sql } from 'kysely';
import { OPERATOR, type StartedProcess, startProcess } from '../support/server-process.ts';
import { ask } from './config-fleet.ts';
import { type KillingLink, openKillingLink } from './killing-link.ts';

export type KilledStep = 'create' | 'rotate' | 'destroy';

export interface DatabaseFaultOptions {
  /** A migrated database for this run alone, and its handle. */
  readonly url: string;
  readonly db: Db;
  /** The server on which databases are made, as an administrator. */
  readonly worldUrl: string;
  readonly step: KilledStep;
  /** Of the messages of a step, each so many-th one is one to die at. */
  readonly every: number;
  readonly progress?: (kills: number) => void;
}

export interface DatabaseFaultReport {
  readonly step: KilledStep;
  readonly kills: number;
  /** Sentences about what does not fit together; empty is the goal. */
  readonly contradictions: readonly string[];
}

interface Row {
  readonly id: string;
  readonly name: string;
  readonly namespace: string;
  readonly cluster_name: string;
  readonly status: string;
  readonly allowed: readonly string[];
}

interface Run {
  readonly options: DatabaseFaultOptions;
  readonly env: Readonly<Record<string, string>>;
  readonly folder: string;
  readonly link: KillingLink;
  server: { readonly process: StartedProcess; readonly address: string };
  tenant: string;
  /** Every password that was ever seen in a secret. */
  readonly passwords: Set<string>;
  readonly outputs: string[];
  readonly contradictions: string[];
}

const PATIENCE_MS = 120_000;

/** Dies at message 1, 1 + every, … of the step, until the step is done before it comes to that. */
export async function runDatabaseFaults(options: DatabaseFaultOptions): Promise<DatabaseFaultReport> {
  const run = await begin(options);
  let kills = 0;
  try {
    for (let n = 1, died = true; died; n += options.every) {
      died = await dieAt(run, n, kills % 2 === 0 ? 'before' : 'after');
      if (died) kills += 1;
      options.progress?.(kills);
    }
    await contradict(run);
  } finally {
    run.server.process.child.kill('SIGKILL');
    await run.server.process.ended;
    await run.link.close();
    await rm(run.folder, { recursive: true, force: true });
  }
  return { step: options.step, kills, contradictions: run.contradictions };
}

async function begin(options: DatabaseFaultOptions): Promise<Run> {
  const folder = await mkdtemp(join(tmpdir(), 'database-faults-'));
  const link = await openKillingLink(options.worldUrl);
  await writeFile(join(folder, 'admin-url'), link.url, { mode: 0o600 });
  const file = join(folder, 'databases.json');
  await writeFile(file, JSON.stringify(databasesFile()));
  const env = {
    DATABASE_URL: options.url,
    DATABASES_FILE: file,
    OPERATOR_TOKEN: OPERATOR,
    RATE_LIMIT_PER_MINUTE: '0',
    LOG_LEVEL: 'debug',
  };
  const run: Run = {
    ...{ options, env, folder, link, tenant: '', passwords: new Set<string>(), outputs: [], contradictions: [] },
    server: await start(env),
  };
  const body = { slug: `faults-${Date.now().toString(36)}`, name: 'Faults' };
  const made = await must(run, 'POST', '/v1/tenants', body);
  run.tenant = made.id;
  await must(run, 'POST', `/v1/tenants/${made.id}/activate`);
  await must(run, 'POST', '/v1/groups', { tenant_id: made.id, slug: 'team', display_name: 'Team' });
  return run;
}

function databasesFile() {
  const spec = { instances: 1, cpu: '500m', memory: '1Gi', storage: '1Gi', connections: 20 };
  return {
    provisioners: {
      local: { kind: 'postgres', admin_url_file: './admin-url', sslmode: 'disable', secrets_directory: './secrets' },
    },
    tiers: { small: { provisioner: 'local', spec, max_per_tenant: 0 } },
  };
}

async function start(env: Readonly<Record<string, string>>): Promise<Run['server']> {
  const process = startProcess(env);
  return { process, address: await process.ready };
}

/** Brings one database to the step, dies in it, and lets the next server end it. Returns whether it died at all. */
async function dieAt(run: Run, n: number, moment: 'before' | 'after'): Promise<boolean> {
  const { step } = run.options;
  const name = `${step}-${n}`;
  if (step !== 'create') await ready(run, (await order(run, name)).id);
  const dead = new Promise<'dead'>((resolve) => void run.server.process.ended.then(() => resolve('dead')));
  run.link.arm(n, moment, () => run.server.process.child.kill('SIGKILL'));
  const done = begun(run, name).then((row) => ended(run, row.id));
  await Promise.race([dead, done]);
  const died = !run.link.disarm();
  if (died) {
    await dead;
    await again(run);
  }
  await usable(run, await done);
  return died;
}

/** Takes the step. Where the server died before it answered, the next one is asked, and may say that it was taken already. */
async function begun(run: Run, name: string): Promise<Row> {
  const { step } = run.options;
  if (step === 'create') return (await order(run, name)) ?? (await named(run, name));
  const row = await named(run, name);
  if (step === 'rotate') await must(run, 'POST', `/v1/databases/${row.id}/rotate`, { grace_seconds: 0 });
  else await must(run, 'DELETE', `/v1/databases/${row.id}?confirm=${name}&policy=destroy`);
  return row;
}

const order = (run: Run, name: string) =>
  must(run, 'POST', '/v1/databases', { tenant_id: run.tenant, name, owner_team: 'team', tier: 'small' });

async function named(run: Run, name: string): Promise<Row> {
  const { items } = await must(run, 'GET', `/v1/databases?tenant_id=${run.tenant}&limit=200`);
  return items.find((each: Row) => each.name === name);
}

/** Starts the next server. The claims of a dead one run out in a minute, which is not waited for. */
async function again(run: Run): Promise<void> {
  run.outputs.push(run.server.process.output());
  await sql`
    update database_work set lease_until = now(), next_reconcile_at = now() where lease_until is not null`.execute(
    run.options.db,
  );
  run.server = await start(run.env);
}

const ready = (run: Run, id: string) => until(run, id, ({ status }) => status === 'ready');

/** Resolves when the step is done. */
function ended(run: Run, id: string): Promise<Row> {
  switch (run.options.step) {
    case 'create':
      return ready(run, id);
    case 'rotate':
      // Another rotation is allowed once the old login is closed.
      return until(run, id, ({ status, allowed }) => status === 'ready' && allowed.includes('rotate'));
    case 'destroy':
      return until(run, id, ({ status }) => status === 'deleted');
  }
}

async function until(run: Run, id: string, holds: (row: Row) => boolean): Promise<Row> {
  const deadline = Date.now() + PATIENCE_MS;
  for (;;) {
    const answer = await ask(run.server.address, { method: 'GET', path: `/v1/databases/${id}` });
    if (answer?.status === 200 && holds(answer.body)) return answer.body;
    if (Date.now() > deadline) throw new Error(`still waiting: ${JSON.stringify(answer?.body)}`);
    await sleep(20);
  }
}

/** The stored credential gets in, unless the database is to be gone: then nothing of it is left. */
async function usable(run: Run, { id, name, namespace, cluster_name }: Row): Promise<void> {
  const { step, worldUrl } = run.options;
  const mark = cluster_name.replaceAll('-', '_');
  if (step === 'destroy') {
    const left = await onWorld(worldUrl, async (db) => {
      const { rows } = await sql<{ name: string }>`
        select rolname as name from pg_roles where rolname like ${`${mark}%`}
        union all select datname from pg_database where datname = ${mark}`.execute(db);
      return rows.map((each) => each.name);
    });
    if (left.length > 0) run.contradictions.push(`${name}: left behind: ${left.join(', ')}`);
    return;
  }
  const { secret } = await must(run, 'GET', `/v1/databases/${id}/connection`);
  const uri = await readFile(join(run.folder, 'secrets', namespace, secret.name, 'uri'), 'utf8');
  for (const password of await passwordsIn(join(run.folder, 'secrets'))) run.passwords.add(password);
  await onWorld(uri, (db) => sql`create table if not exists proof (at timestamptz)`.execute(db)).catch((error) => {
    run.contradictions.push(`${name}: the stored credential does not get in: ${error.message}`);
  });
}

async function passwordsIn(folder: string): Promise<string[]> {
  const files = await readdir(folder, { recursive: true });
  const found = files.filter((file) => file.endsWith('/password'));
  return Promise.all(found.map((file) => readFile(join(folder, file), 'utf8')));
}

async function onWorld<T>(url: string, work: (db: Db) => Promise<T>): Promise<T> {
  const world = await openDatabase({ url, connectionsMax: 1, log: () => {} });
  try {
    return await work(world.db);
  } finally {
    await world.close();
  }
}

/** What happened to each database is told once, and no password is in a row or a log line. */
async function contradict(run: Run): Promise<void> {
  const { db, step } = run.options;
  const wanted: readonly string[] = {
    create: ['database.created', 'database.ready'],
    rotate: ['database.created', 'database.ready', 'database.rotated', 'database.old_login_closed'],
    destroy: ['database.created', 'database.ready', 'database.deletion_requested', 'database.deleted'],
  }[step];
  for (const table of ['audit_log', 'events'] as const) {
    const { rows } = await told(db, table);
    for (const { id, types } of rows) {
      const once = types.filter((type) => wanted.includes(type)).sort();
      if (JSON.stringify(once) !== JSON.stringify([...wanted].sort()))
        run.contradictions.push(`${id}: ${table} tells ${types.join(', ')}`);
    }
  }
  run.outputs.push(run.server.process.output());
  for (const password of run.passwords) {
    if (run.outputs.some((output) => output.includes(password))) run.contradictions.push('a log line has a password');
    for (const table of ['databases', 'database_work', 'audit_log', 'events', 'outbox_events', 'idempotency_keys']) {
      const { rows } = await sql<{ n: number }>`
        select count(*)::int as n from ${sql.table(table)} as t where position(${password} in t::text) > 0`.execute(db);
      if (rows[0]?.n !== 0) run.contradictions.push(`${table} has a password`);
    }
  }
}

function told(db: Db, table: 'audit_log' | 'events') {
  type Told = { readonly id: string; readonly types: string[] };
  if (table === 'audit_log')
    return sql<Told>`
      select target_id as id, array_agg(action order by created_at) as types from audit_log
      where target_type = 'database' group by target_id`.execute(db);
  return sql<Told>`
    select aggregate_id as id, array_agg(event_type order by position) as types from events
    where aggregate_type = 'database' group by aggregate_id`.execute(db);
}

/** Asks until there is an answer. Undefined: an earlier request got none, and this one learned that it was carried out. */
// biome-ignore lint/suspicious/noExplicitAny: the proof asks for what it means
async function must(run: Run, method: string, path: string, body?: object): Promise<any> {
  for (let unanswered = false; ; ) {
    const answer = await ask(run.server.address, { method, path, ...(body === undefined ? {} : { body }) });
    if (answer !== undefined && answer.status < 300) return answer.body;
    if (unanswered && answer?.status === 409) return undefined;
    if (answer !== undefined && answer.status !== 503) throw new Error(`${method} ${path}: ${JSON.stringify(answer)}`);
    unanswered ||= answer === undefined;
    await sleep(20);
  }
}
