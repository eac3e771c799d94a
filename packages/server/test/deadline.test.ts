// engine: postgres
/** Every request has its answer in time, and what it was doing is given up. Runs on PostgreSQL, through a link that can be silent. */
import { randomUUID } from 'node:crypto';
import { type DatabaseHandle, openDatabase } from '@tenant-registry/db';
import { testDatabase } from '@tenant-registry/db/testing';
import { sql } from 'kysely';
import { afterAll, beforeAll, expect, inject, test } from 'vitest';
import { databaseTimeouts } from '../src/settings/database.ts';
import { type Link, openLink } from './replicas/link.ts';
import { type Answer, newTenant, startTestServer, type TestServer, trailOf } from './support/server.ts';

const CONNECTIONS_MAX = 3;

let original: Awaited<ReturnType<typeof testDatabase>>;
let link: Link;
beforeAll(async () => {
  original = await testDatabase();
  if (original.url === undefined) throw new Error('this test needs PostgreSQL: list it in vitest.config.ts');
  link = await openLink(original.url);
});
afterAll(async () => {
  await link.close();
  await original.close();
});

interface Patience {
  readonly requestTimeoutMs: number;
  /** Absent: what the deadline leaves. */
  readonly statementTimeoutMs?: number;
}

async function startImpatient({ requestTimeoutMs, ...patience }: Patience) {
  const connectTimeoutMs = 20_000; // a busy machine may take long for it
  const timeouts = { ...databaseTimeouts({ requestTimeoutMs }), connectTimeoutMs, ...patience };
  const database = await openDatabase({ url: link.url, connectionsMax: CONNECTIONS_MAX, ...timeouts, log: () => {} });
  return { database, server: await startTestServer({ database, requestTimeoutMs }) };
}

const answerOf = ({ status, headers, body }: Answer) => [status, body.code, headers.get('retry-after')];
const connectionsAtWork = (database: DatabaseHandle) => database.connections().total - database.connections().idle;

/** Reads and writes over both protocols, more of them than there are connections. */
function askEverything(server: TestServer, tenant: { id: string }): Promise<Answer>[] {
  return Array.from({ length: 2 * CONNECTIONS_MAX }, (_, n) => [
    server.call(`GET /v1/tenants/${tenant.id}`),
    server.call('GET /v1/me', { token: `bp_${String(n).padStart(22, 'A')}` }),
    server.call('GET /readyz', { token: null }),
    server.call(`PATCH /v1/tenants/${tenant.id}`, {
      body: { name: `Late ${n}` },
      headers: { 'idempotency-key': `${n}` },
    }),
    server.call(`GET /trpc/tenants.get?input=${encodeURIComponent(JSON.stringify({ id: tenant.id }))}`),
  ]).flat();
}

// proves C8
test('while the database is silent every request is answered 503 before its connection is given up', async () => {
  // The deadline is what answers: a statement has twenty minutes.
  const { server, database } = await startImpatient({ requestTimeoutMs: 1_000, statementTimeoutMs: 1_200_000 });
  const tenant = await newTenant(server);
  link.freeze();
  const answers = await Promise.all(askEverything(server, tenant));
  expect(connectionsAtWork(database)).toBe(CONNECTIONS_MAX);
  for (const { status, headers, body } of answers) {
    const code = body.code ?? body.status ?? body.error.data.problem.code;
    expect([status, headers.get('retry-after')]).toEqual([503, '1']);
    expect(['overloaded', 'unavailable']).toContain(code);
  }
  await link.cut();
  link.restore();
  await expect.poll(async () => (await server.call(`GET /v1/tenants/${tenant.id}`)).status).toBe(200);
  await server.close();
});

test('a silent connection is given up before the deadline of the request that waits for it, and an idle one is kept', async () => {
  const { server, database } = await startImpatient({ requestTimeoutMs: 2_000 });
  const tenant = await newTenant(server);
  const pidOf = async ({ db }: DatabaseHandle) =>
    (await sql<{ pid: number }>`select pg_backend_pid() as pid`.execute(db)).rows[0]?.pid;
  // Idle from here on, which is longer than the other connection is silent.
  const idle = await openDatabase({ url: link.url, ...databaseTimeouts({ requestTimeoutMs: 2_000 }), log: () => {} });
  const pid = await pidOf(idle);
  const other = await openLink(original.url ?? '');
  const silent = await openDatabase({
    url: other.url,
    ...databaseTimeouts({ requestTimeoutMs: 2_000 }),
    log: () => {},
  });
  await pidOf(silent);
  other.freeze();
  await expect(pidOf(silent)).rejects.toThrow('the database has fallen silent');
  expect(await pidOf(idle)).toBe(pid);
  link.freeze();
  expect(answerOf(await server.call(`GET /v1/tenants/${tenant.id}`))).toEqual([503, 'unavailable', '1']);
  expect(connectionsAtWork(database)).toBe(0);
  await other.close();
  await link.cut();
  link.restore();
  for (const each of [idle, silent]) await each.close();
  await server.close();
});

test('a change whose caller has been answered is not made afterwards', async () => {
  const { server, database } = await startImpatient({ requestTimeoutMs: 500, statementTimeoutMs: 1_200_000 });
  const tenant = await newTenant(server);
  const answer = await original.db.transaction().execute(async (tx) => {
    await tx.selectFrom('tenants').select('id').where('id', '=', tenant.id).forUpdate().execute();
    return server.call(`PATCH /v1/tenants/${tenant.id}`, { body: { name: 'Late' } });
  });
  expect(answerOf(answer)).toEqual([503, 'overloaded', '1']);
  await expect.poll(() => connectionsAtWork(database)).toBe(0);
  expect((await server.call(`GET /v1/tenants/${tenant.id}`)).body.name).toBe(tenant.name);
  expect((await trailOf(server, tenant.id)).map(({ action }) => action)).toEqual(['tenant.created']);
  await server.close();
});

/** The test's database for a role of its own, which may do what the owner may. */
async function openAsNewRole(): Promise<{ readonly url: string; readonly role: string; drop(): Promise<void> }> {
  const role = `registry_${randomUUID()}`;
  const password = randomUUID();
  const { rows } = await sql<{ owner: string }>`select current_user as owner`.execute(original.db);
  await sql`create role ${sql.id(role)} login inherit password ${sql.lit(password)}`.execute(original.db);
  for (const granted of [rows[0]?.owner ?? '', 'tenant_registry_tenant'])
    await sql`grant ${sql.id(granted)} to ${sql.id(role)}`.execute(original.db);
  const url = Object.assign(new URL(original.url ?? ''), { username: role, password });
  return { url: url.href, role, drop: async () => void (await sql`drop role ${sql.id(role)}`.execute(original.db)) };
}

type Grants = Readonly<Record<'role' | 'database', string>>;

const refusals: [string, (of: Grants) => string, (of: Grants) => string][] = [
  ['its user may not log in any more', ({ role }) => `role ${role} nologin`, ({ role }) => `role ${role} login`],
  [
    'its user has as many connections as it may have',
    ({ role }) => `role ${role} connection limit 0`,
    ({ role }) => `role ${role} connection limit -1`,
  ],
  [
    'it takes no connections',
    ({ database }) => `database ${database} allow_connections false`,
    ({ database }) => `database ${database} allow_connections true`,
  ],
];

// proves C8
test.each(refusals)(
  'while the database refuses logins because %s, the answer is a problem with 503, and 200 after it',
  async (_, refusing, allowing) => {
    const { url, role, drop } = await openAsNewRole();
    const admin = await openDatabase({ url: inject('postgres').adminUrl });
    const names = { role: `"${role}"`, database: `"${new URL(url).pathname.slice(1)}"` };
    const alter = (how: (of: Grants) => string) => sql.raw(`alter ${how(names)}`).execute(admin.db);
    const server = await startTestServer({ database: await openDatabase({ url, log: () => {} }) });
    const tenant = await newTenant(server);
    const ask = () => server.call(`GET /v1/tenants/${tenant.id}`);
    const change = () =>
      server.call('POST /v1/tenants', { body: { slug: `refused-${randomUUID().slice(0, 8)}`, name: 'Refused' } });
    await alter(refusing);
    await sql`select pg_terminate_backend(pid) from pg_stat_activity where usename = ${role}`.execute(admin.db);
    // The first one may still meet a connection that is about to end.
    for (const answer of [await ask(), await ask(), await change()]) {
      expect(answerOf(answer)).toEqual([503, 'unavailable', '1']);
      expect(answer.headers.get('content-type')).toMatch(/^application\/problem\+json/);
      expect(answer.body).toMatchObject({ status: 503, title: expect.any(String), detail: expect.any(String) });
      expect(JSON.stringify(answer.body)).not.toContain(role);
    }
    expect((await server.call('GET /readyz')).body).toMatchObject({ failing: ['db-primary'] });
    await alter(allowing);
    expect((await ask()).status).toBe(200);
    expect((await change()).status).toBe(201);
    await server.close();
    await admin.close();
    await drop();
  },
);
