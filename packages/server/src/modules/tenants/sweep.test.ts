import { beforeEach, expect, inject, test } from 'vitest';
import {
  auditOf,
  DAY_MS,
  newTenant,
  runWorker,
  startTestServer,
  tenantIn,
  testServer,
} from '../../../test/support/server.ts';

const server = testServer();

const freeze = () => runWorker(server, 'tenant-trial-end');
const archive = () => runWorker(server, 'tenant-archive');

// Tenants of earlier tests come due too, and would be counted.
beforeEach(async () => {
  while ((await freeze()) > 0);
  server.clock.advance(30 * DAY_MS);
  while ((await archive()) > 0);
});

const read = async (id: string) => (await server.call(`GET /v1/tenants/${id}`)).body;
const actionsOf = async (id: string) => (await auditOf(server, id)).map(({ action }) => action);

test('a trial that ended freezes its tenant at that moment and not before, and the audit log names the sweeper', async () => {
  const { id } = await newTenant(server);
  server.clock.advance(14 * DAY_MS - 60_000);
  expect(await freeze()).toBe(0);
  server.clock.advance(60_000);
  expect(await freeze()).toBe(1);
  const tenant = await read(id);
  expect(tenant.status).toBe('frozen');
  expect(Date.parse(tenant.frozen_at)).toBeGreaterThanOrEqual(Date.parse(tenant.trial_ends_at));
  const [, row] = await auditOf(server, id);
  expect(row).toMatchObject({
    action: 'tenant.frozen',
    actor_type: 'system',
    actor_id: 'tenant-trial-end',
    tenant_id: id,
    metadata: { status: 'frozen', frozen_at: tenant.frozen_at },
  });
  expect(row?.request_id).toMatch(/^[0-9a-f-]{36}$/);
});

test('active and demo tenants, and trials without an end, are left alone', async () => {
  const spared = [
    await tenantIn(server, 'active'),
    await newTenant(server, { kind: 'demo' }),
    await newTenant(server, {
      kind: 'demo',
      trial_ends_at: new Date(server.clock.now().getTime() + DAY_MS).toISOString(),
    }),
  ];
  const endless = await newTenant(server);
  await server.call(`PATCH /v1/tenants/${endless.id}`, { body: { trial_ends_at: null } });
  server.clock.advance(60 * DAY_MS);
  expect([await freeze(), await archive()]).toEqual([0, 0]);
  expect((await read(endless.id)).status).toBe('trial');
  for (const { id, status } of spared) expect((await read(id)).status).toBe(status);
});

test('a tenant frozen for 30 days is archived at that moment and not before, however it was frozen', async () => {
  const canceled = await tenantIn(server, 'frozen');
  const swept = await newTenant(server, { trial_ends_at: server.clock.now().toISOString() });
  expect(await freeze()).toBe(1);
  server.clock.advance(30 * DAY_MS - 60_000);
  expect(await archive()).toBe(0);
  server.clock.advance(60_000);
  expect(await archive()).toBe(2);
  for (const { id } of [canceled, swept]) {
    const tenant = await read(id);
    expect(tenant.status).toBe('archived');
    expect(tenant.archived_at).not.toBeNull();
    const rows = await auditOf(server, id);
    expect(rows[rows.length - 1]).toMatchObject({
      action: 'tenant.archived',
      actor_type: 'system',
      actor_id: 'tenant-archive',
    });
  }
});

test('a tenant that came back in time is frozen and archived only when it is frozen again', async () => {
  const { id } = await tenantIn(server, 'frozen');
  server.clock.advance(29 * DAY_MS);
  await server.call(`POST /v1/tenants/${id}/activate`);
  server.clock.advance(2 * DAY_MS);
  expect([await freeze(), await archive()]).toEqual([0, 0]);
  await server.call(`POST /v1/tenants/${id}/cancel`);
  expect(await archive()).toBe(0);
  server.clock.advance(30 * DAY_MS);
  expect(await archive()).toBe(1);
});

test('several workers at once change each tenant once', async () => {
  const tenants = await Promise.all(Array.from({ length: 12 }, () => newTenant(server)));
  server.clock.advance(14 * DAY_MS);
  const total = (counts: number[]) => counts.reduce((sum, count) => sum + count, 0);
  const frozen = total(await Promise.all([freeze(), freeze(), freeze()])) + (await freeze());
  expect(frozen).toBe(12);
  server.clock.advance(30 * DAY_MS);
  const archived = total(await Promise.all([archive(), archive(), archive()])) + (await archive());
  expect(archived).toBe(12);
  for (const { id } of tenants)
    expect(await actionsOf(id)).toEqual(['tenant.created', 'tenant.frozen', 'tenant.archived']);
});

test('more tenants than one batch holds take several', async () => {
  const { db, clock } = server.app.deps;
  const due = Array.from({ length: 102 }, (_, index) => ({
    slug: `batch-${index}`,
    name: 'Batch',
    status: 'trial' as const,
    trial_ends_at: clock(),
  }));
  await db.insertInto('tenants').values(due).execute();
  expect([await freeze(), await freeze(), await freeze()]).toEqual([100, 2, 0]);
});

test('a change that cannot be recorded is not made', async () => {
  const broken = await startTestServer();
  const { id } = await newTenant(broken);
  broken.clock.advance(14 * DAY_MS);
  await broken.app.deps.db.schema.dropTable('outbox_events').execute();
  await expect(runWorker(broken, 'tenant-trial-end')).rejects.toThrow('outbox_events');
  expect((await broken.call(`GET /v1/tenants/${id}`)).body.status).toBe('trial');
  expect(await auditOf(broken, id)).toHaveLength(1);
  await broken.close();
});

// PGlite has one connection: nothing else runs while a transaction is open, so there is nothing to skip.
test.runIf(inject('engine') === 'postgres')(
  'a tenant that somebody else holds is left for the next batch',
  async () => {
    const [held, free] = [await newTenant(server), await newTenant(server)];
    server.clock.advance(14 * DAY_MS);
    await server.app.deps.db.transaction().execute(async (tx) => {
      await tx.selectFrom('tenants').select('id').where('id', '=', held.id).forShare().execute();
      expect(await freeze()).toBe(1);
    });
    expect((await read(free.id)).status).toBe('frozen');
    expect(await freeze()).toBe(1);
  },
);

// PGlite has one connection, so nothing runs at once there.
test.runIf(inject('engine') === 'postgres')(
  'a tenant that is activated while the sweeper looks is either, never both',
  async () => {
    const tenants = await Promise.all(Array.from({ length: 8 }, () => newTenant(server)));
    server.clock.advance(14 * DAY_MS);
    const answers = await Promise.all([
      ...tenants.map(({ id }) => server.call(`POST /v1/tenants/${id}/activate`)),
      freeze(),
      freeze(),
    ]);
    expect(answers.filter((answer) => typeof answer !== 'number').map(({ status }) => status)).toEqual(
      tenants.map(() => 200),
    );
    while ((await freeze()) > 0);
    for (const { id } of tenants) {
      expect((await read(id)).status).toBe('active');
      const actions = await actionsOf(id);
      expect(actions[actions.length - 1]).toBe('tenant.activated');
    }
  },
);
