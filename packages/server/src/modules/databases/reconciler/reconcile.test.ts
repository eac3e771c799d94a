// engine: postgres
import { randomUUID } from 'node:crypto';
import { databaseWork } from '@tenant-registry/db';
import { ProvisionerUnavailable } from '@tenant-registry/provisioner';
import { sql } from 'kysely';
import { expect, test } from 'vitest';
import {
  changeDatabase,
  happenedTo,
  madeBy,
  newReconciler,
  orderDatabase,
  orderDatabases,
  passOver,
  runPasses,
  seen,
  sharedWorld,
  storedDatabase,
  untilAborted,
} from '../../../../test/support/reconciling.ts';
import { startTestServer, tenantIn, testServer } from '../../../../test/support/server.ts';

const made = sharedWorld();
const server = testServer(madeBy({ memory: made }));
const { world, intercepts } = made;

const away = async () => {
  throw new ProvisionerUnavailable('the world is away');
};

async function readyDatabase(fields: Parameters<typeof orderDatabase>[1] = {}) {
  const order = await orderDatabase(server, fields);
  await runPasses(server);
  return order;
}

async function timesOf(id: string) {
  const { database, work } = await storedDatabase(server, id);
  const leftMs = (time: string | null) => (time === null ? null : Date.parse(time) - server.clock.now().getTime());
  return { ...database, ...work, dueInMs: leftMs(work.next_reconcile_at) };
}

// proves D13, D14, D32
test('an order becomes a database that is ready, with everything that clients connect by', async () => {
  const { id } = await orderDatabase(server);
  expect(await timesOf(id)).toMatchObject({ status: 'provisioning', reason: 'queued', host: null, secret_name: null });
  await runPasses(server);
  const row = await timesOf(id);
  expect(row).toMatchObject({
    status: 'ready',
    reason: 'healthy',
    message: null,
    in_sync: true,
    host: 'db.memory.example',
    port: 5432,
    sslmode: 'require',
    secret_name: `${row.cluster_name}-credentials`,
    external_uid: world.databases.get(id)?.external_uid,
    observed_generation: 1,
    lease_id: null,
    attempts: 0,
  });
  expect(row.dueInMs).toBeGreaterThan(50_000);
  expect(await happenedTo(server, id)).toEqual(['ready']);
});

test('a pass that finds nothing to do moves no updated_at and records nothing', async () => {
  const { id } = await readyDatabase();
  const before = await storedDatabase(server, id);
  const { passes } = world;
  await passOver(server, id);
  const after = await storedDatabase(server, id);
  expect(world.passes).toBeGreaterThan(passes);
  expect(after.database).toEqual(before.database);
  expect(after.work.next_reconcile_at).not.toBe(before.work.next_reconcile_at);
  expect(await happenedTo(server, id)).toEqual(['ready']);
});

test('a text that is cut inside of a character is settled all the same', async () => {
  const { id } = await orderDatabase(server);
  const long = `${'x'.repeat(1_999)}\u{1F4A5} and more`;
  const conditions = [
    { type: 'Ready', status: 'False', reason: `${'x'.repeat(199)}\u{1F4A5}`, message: long },
  ] as const;
  intercepts.set(id, async () => seen({ phase: 'working', reason: 'applying', message: long, conditions }));
  await runPasses(server);
  intercepts.delete(id);
  const row = await timesOf(id);
  expect(row).toMatchObject({ reason: 'applying', lease_id: null, message: `${'x'.repeat(1_999)}\ufffd` });
});

test('a provisioner that is away is asked again after longer and longer pauses, and is no news of a ready database', async () => {
  const { id } = await orderDatabase(server);
  intercepts.set(id, away);
  await passOver(server, id);
  const first = await timesOf(id);
  expect(first).toMatchObject({ reason: 'provisioner_unavailable', message: 'the world is away', attempts: 1 });
  expect(first.dueInMs).toBeLessThanOrEqual(4_000);
  for (let n = 0; n < 4; n += 1) await passOver(server, id);
  const later = await timesOf(id);
  expect(later).toMatchObject({ attempts: 5, error_message: 'the world is away' });
  expect(later.dueInMs).toBeLessThanOrEqual(64_000);
  intercepts.delete(id);
  await passOver(server, id);
  expect(await timesOf(id)).toMatchObject({ status: 'ready', attempts: 0, error_message: null });
  intercepts.set(id, away);
  const { updated_at } = await timesOf(id);
  await passOver(server, id);
  expect(await timesOf(id)).toMatchObject({
    ...{ status: 'ready', reason: 'healthy', in_sync: true, message: null, updated_at },
    ...{ attempts: 1, error_message: 'the world is away' },
  });
  expect(await happenedTo(server, id)).toEqual(['updated', 'ready']);
});

// proves D15, D34
test('a database that is not ready in time is in error, and comes right by itself', async () => {
  const { id } = await orderDatabase(server);
  intercepts.set(id, () => seen({ phase: 'working', reason: 'waiting_for_database', message: 'no node has room' }));
  while ((await timesOf(id)).status === 'provisioning') await passOver(server, id);
  const late = await timesOf(id);
  expect(late).toMatchObject({ status: 'error', reason: 'timed_out', message: 'no node has room', in_sync: false });
  expect(late.dueInMs).toBeGreaterThan(260_000);
  await passOver(server, id);
  expect(await timesOf(id)).toMatchObject({ status: 'error', updated_at: late.updated_at });
  intercepts.delete(id);
  await passOver(server, id);
  expect(await timesOf(id)).toMatchObject({ status: 'ready', reason: 'healthy', message: null });
  expect(await happenedTo(server, id)).toEqual(['updated', 'failed', 'updated', 'ready']);
});

test.each(['refused', 'conflict', 'unrecoverable'] as const)(
  'what is %s waits for a person, and no pass is made any more',
  async (reason) => {
    const { id } = await orderDatabase(server);
    intercepts.set(id, () => seen({ phase: 'failed', reason, message: 'told so' }));
    await runPasses(server);
    expect(await timesOf(id)).toMatchObject({
      ...{ status: 'error', reason, message: 'told so', error_message: 'told so', attempts: 1 },
      ...{ next_reconcile_at: null, lease_id: null },
    });
    expect(await happenedTo(server, id)).toEqual(['failed']);
  },
);

test('a change that is refused leaves a database usable, and says so', async () => {
  const { id } = await readyDatabase();
  intercepts.set(id, () => seen({ phase: 'failed', reason: 'refused', message: 'no such image' }));
  await passOver(server, id);
  expect(await timesOf(id)).toMatchObject({
    ...{ status: 'ready', reason: 'degraded', in_sync: false, message: 'no such image' },
    ...{ error_message: 'no such image', attempts: 1 },
  });
  intercepts.delete(id);
  await passOver(server, id);
  expect(await timesOf(id)).toMatchObject({ status: 'ready', reason: 'healthy', in_sync: true, message: null });
  expect(await happenedTo(server, id)).toEqual(['ready', 'updated', 'updated']);
});

test('a database that vanished is lost: it is said once, and nothing is made in its place', async () => {
  const { id } = await readyDatabase();
  world.databases.delete(id);
  await passOver(server, id);
  expect(await timesOf(id)).toMatchObject({ status: 'error', reason: 'lost', next_reconcile_at: null });
  expect(world.databases.has(id)).toBe(false);
  expect(await happenedTo(server, id)).toEqual(['ready', 'lost']);
});

test('what had changed by itself and was put back is told, with what it was', async () => {
  const { id } = await readyDatabase();
  const { updated_at } = await timesOf(id);
  intercepts.set(id, ({ names, external_uid }) => ({
    ...seen({ phase: 'ready', reason: 'healthy', in_sync: true, external_uid, secret_name: names.credentials }),
    repaired: ['parameter work_mem', 'pooler'],
  }));
  await passOver(server, id);
  expect(await happenedTo(server, id)).toEqual(['ready', 'drift_repaired']);
  const { db } = server.app.deps;
  const told = db.selectFrom('audit_log').select('metadata').where('target_id', '=', id);
  const last = await told.where('action', '=', 'database.drift_repaired').executeTakeFirstOrThrow();
  expect(last.metadata).toMatchObject({ message: 'put back: parameter work_mem, pooler', status: 'ready' });
  expect(await timesOf(id)).toMatchObject({ message: null, updated_at });
});

// proves D12
test('a database sleeps when its tenant is archived, and wakes with it', async () => {
  const { id: tenant_id } = await tenantIn(server, 'active');
  const { id } = await readyDatabase({ tenant_id });
  await server.call(`POST /v1/tenants/${tenant_id}/cancel`);
  await runPasses(server);
  expect([world.databases.get(id)?.asleep, (await timesOf(id)).reason]).toEqual([false, 'healthy']);
  await server.call(`POST /v1/tenants/${tenant_id}/archive`);
  await runPasses(server);
  expect(await timesOf(id)).toMatchObject({ status: 'ready', reason: 'asleep', in_sync: true });
  expect(world.databases.get(id)?.asleep).toBe(true);
  await setTenant(tenant_id, 'active');
  await runPasses(server);
  expect(await timesOf(id)).toMatchObject({ status: 'ready', reason: 'healthy' });
  expect(world.databases.get(id)?.asleep).toBe(false);
  expect(await happenedTo(server, id)).toEqual(['ready', 'asleep', 'awake']);
});

test('a database in error sleeps with its tenant, though it waits for a person, and nothing of it is told', async () => {
  const { id: tenant_id } = await tenantIn(server, 'active');
  const [one, deleted] = [await readyDatabase({ tenant_id }), await readyDatabase({ tenant_id })];
  const broken = { status: 'error', reason: 'unrecoverable', in_sync: false } as const;
  await changeDatabase(server, one.id, { database: broken, work: { next_reconcile_at: null } });
  const gone = {
    status: 'deleted',
    reason: 'abandoned',
    deleted_at: server.clock.now(),
    owner_group_id: null,
  } as const;
  await changeDatabase(server, deleted.id, { database: gone, work: { next_reconcile_at: null } });
  intercepts.set(one.id, away);
  for (const step of ['cancel', 'archive']) await server.call(`POST /v1/tenants/${tenant_id}/${step}`);
  await runPasses(server);
  expect((await timesOf(one.id)).dueInMs).toBeGreaterThan(50_000);
  intercepts.delete(one.id);
  await passOver(server, one.id);
  expect(world.databases.get(one.id)?.asleep).toBe(true);
  expect(await timesOf(one.id)).toMatchObject({ ...broken, next_reconcile_at: null });
  expect((await timesOf(deleted.id)).next_reconcile_at).toBeNull();
  expect(world.databases.get(deleted.id)?.asleep).toBe(false);
  expect(await happenedTo(server, one.id)).toEqual(['ready']);
});

const setTenant = (id: string, status: 'active' | 'frozen') =>
  server.app.deps.db.updateTable('tenants').set({ status }).where('id', '=', id).execute();

test('where frozen tenants sleep, their databases do', async () => {
  const own = sharedWorld();
  const sleeping = await startTestServer({ ...madeBy({ memory: own }), databasesWhenFrozen: 'sleep' });
  const { id: tenant_id } = await tenantIn(sleeping, 'active');
  const { id } = await orderDatabase(sleeping, { tenant_id });
  await runPasses(sleeping);
  await sleeping.call(`POST /v1/tenants/${tenant_id}/cancel`);
  await runPasses(sleeping);
  expect((await storedDatabase(sleeping, id)).database.reason).toBe('asleep');
  expect(await happenedTo(sleeping, id)).toEqual(['ready', 'asleep']);
  await sleeping.close();
});

test('what was ordered before its tenant was archived is made when the tenant is active again, and is not late', async () => {
  const { id: tenant_id } = await tenantIn(server, 'active');
  const { id } = await orderDatabase(server, { tenant_id });
  for (const step of ['cancel', 'archive']) await server.call(`POST /v1/tenants/${tenant_id}/${step}`);
  await runPasses(server);
  server.clock.advance(7_200_000);
  await passOver(server, id);
  expect(await timesOf(id)).toMatchObject({ status: 'provisioning', reason: 'queued' });
  expect(world.databases.has(id)).toBe(false);
  await setTenant(tenant_id, 'active');
  await runPasses(server);
  expect(await timesOf(id)).toMatchObject({ status: 'ready', reason: 'healthy' });
});

test('a rotation proves the other login, and closes the old one after the grace', async () => {
  const { id } = await readyDatabase();
  await changeDatabase(server, id, { work: { login_slot: 'b', rotation_grace_seconds: 3_600 } });
  await runPasses(server);
  const rotated = await timesOf(id);
  expect(rotated).toMatchObject({ login_slot: 'b', rotation_grace_seconds: null });
  const until = rotated.old_login_until ?? '';
  expect(Date.parse(until) - server.clock.now().getTime()).toBeGreaterThan(3_590_000);
  expect(world.databases.get(id)).toMatchObject({ current: 'b', other: 'open' });
  await passOver(server, id);
  expect(world.databases.get(id)).toMatchObject({ current: 'b', other: 'open' });
  while ((await timesOf(id)).old_login_until !== null) {
    const { next_reconcile_at } = await timesOf(id);
    expect((next_reconcile_at ?? '') <= until).toBe(true);
    await passOver(server, id);
  }
  expect(server.clock.now().getTime()).toBeGreaterThanOrEqual(Date.parse(until));
  expect(world.databases.get(id)).toMatchObject({ current: 'b', other: 'closed' });
  expect(await happenedTo(server, id)).toEqual(['ready', 'rotated', 'old_login_closed']);
});

test('a rotation without grace closes the old login at once, and not before the new one is proved', async () => {
  const { id } = await readyDatabase();
  const before = world.databases.get(id);
  intercepts.set(id, ({ logins, external_uid }) => {
    expect(logins).toEqual({ current: 'b', other: 'open' });
    return seen({ phase: 'ready', reason: 'changing', external_uid, login: { current: 'a', other: 'closed' } });
  });
  await changeDatabase(server, id, { work: { login_slot: 'b', rotation_grace_seconds: 0 } });
  await runPasses(server);
  expect(await timesOf(id)).toMatchObject({ rotation_grace_seconds: 0, old_login_until: null, reason: 'changing' });
  intercepts.delete(id);
  await passOver(server, id);
  expect(await timesOf(id)).toMatchObject({ rotation_grace_seconds: null, old_login_until: null });
  expect(world.databases.get(id)).toMatchObject({ ...before, current: 'b', other: 'closed' });
  expect(await happenedTo(server, id)).toEqual(['ready', 'updated', 'rotated', 'old_login_closed']);
});

// proves D16, D17, D20
test.each(['retain', 'destroy'] as const)('a deletion by the policy %s ends deleted', async (deletion_policy) => {
  const { id } = await readyDatabase({ deletion_policy });
  intercepts.set(id, away);
  await changeDatabase(server, id, { database: { status: 'deleting', reason: 'removing', in_sync: false } });
  await runPasses(server);
  expect(await timesOf(id)).toMatchObject({ status: 'deleting', reason: 'provisioner_unavailable', attempts: 1 });
  intercepts.set(id, () => seen({ phase: 'failed', reason: 'conflict', message: 'held by another' }));
  await passOver(server, id);
  expect(await timesOf(id)).toMatchObject({ status: 'deleting', reason: 'removing', message: 'held by another' });
  intercepts.delete(id);
  await passOver(server, id);
  const gone = await timesOf(id);
  const reason = deletion_policy === 'retain' ? 'retained' : 'destroyed';
  expect(gone).toMatchObject({ status: 'deleted', reason, owner_group_id: null, next_reconcile_at: null });
  expect(gone.deleted_at).not.toBeNull();
  expect([world.databases.has(id), world.databases.get(id)?.asleep]).toEqual(
    deletion_policy === 'retain' ? [true, true] : [false, undefined],
  );
  expect(await happenedTo(server, id)).toEqual(['ready', 'updated', 'updated', 'deleted']);
});

test('a process that died between claim and settling is followed by another when its lease runs out', async () => {
  const { id } = await orderDatabase(server);
  const { db, clock } = server.app.deps;
  const claim = { provisioner: 'memory', now: clock(), limit: 100, leaseMs: 60_000, tenantMax: 100, taken: new Map() };
  const [claimed] = await db.transaction().execute((tx) => databaseWork.claimDatabaseWork(tx, claim));
  expect(claimed?.id).toBe(id);
  await runPasses(server);
  expect(await timesOf(id)).toMatchObject({ status: 'provisioning', lease_id: claimed?.lease_id });
  server.clock.advance(60_000);
  await runPasses(server);
  expect(await timesOf(id)).toMatchObject({ status: 'ready', lease_id: null });
  expect(await happenedTo(server, id)).toEqual(['ready']);
});

test('a pass whose lease was taken by another writes nothing', async () => {
  const { id } = await orderDatabase(server);
  const { started, release } = heldPass(id);
  const late = newReconciler(server);
  await late.claim();
  await started;
  const lease_id = randomUUID();
  await changeDatabase(server, id, { work: { lease_id, next_reconcile_at: null } });
  release();
  await late.idle();
  expect(await timesOf(id)).toMatchObject({ status: 'provisioning', reason: 'queued', lease_id });
  expect(await happenedTo(server, id)).toEqual([]);
  intercepts.delete(id);
});

/** The next pass over the database goes on until it is released, and then sees what the world shows. */
function heldPass(id: string) {
  const started = Promise.withResolvers<void>();
  const held = Promise.withResolvers<void>();
  intercepts.set(id, async () => {
    started.resolve();
    await held.promise;
    return undefined;
  });
  return { started: started.promise, release: held.resolve };
}

test('what is asked for while a pass goes on is done by the next one, at once', async () => {
  const { id } = await readyDatabase();
  const { started, release } = heldPass(id);
  await changeDatabase(server, id, { work: {} });
  const own = newReconciler(server);
  await own.claim();
  await started;
  const { database } = await storedDatabase(server, id);
  const spec = { ...(database.spec as object), cpu: '2' };
  await changeDatabase(server, id, { database: { generation: 2, spec } });
  release();
  await own.idle();
  expect(await timesOf(id)).toMatchObject({ status: 'ready', in_sync: false, observed_generation: 1 });
  expect((await timesOf(id)).dueInMs).toBeLessThanOrEqual(0);
  intercepts.delete(id);
  await runPasses(server);
  expect(await timesOf(id)).toMatchObject({ status: 'ready', in_sync: true, observed_generation: 2 });
  expect(world.databases.get(id)?.spec.cpu).toBe('2');
  expect(await happenedTo(server, id)).toEqual(['ready', 'updated', 'updated']);
});

test('a deletion that comes while a pass goes on is not taken back by what the pass saw', async () => {
  const { id } = await orderDatabase(server, { deletion_policy: 'destroy' });
  const { started, release } = heldPass(id);
  const own = newReconciler(server);
  await own.claim();
  await started;
  await changeDatabase(server, id, { database: { status: 'deleting', reason: 'removing' } });
  release();
  await own.idle();
  intercepts.delete(id);
  expect(await timesOf(id)).toMatchObject({ status: 'deleting', reason: 'removing', lease_id: null });
  await runPasses(server);
  expect(await timesOf(id)).toMatchObject({ status: 'deleted', reason: 'destroyed' });
  expect(world.databases.has(id)).toBe(false);
});

test('a change that a watch tells of while a pass goes on is looked at soon after it', async () => {
  const { id } = await readyDatabase();
  const { started, release } = heldPass(id);
  await changeDatabase(server, id, {});
  const own = newReconciler(server);
  await own.claim();
  await started;
  await changeDatabase(server, id, {});
  release();
  await own.idle();
  intercepts.delete(id);
  expect((await timesOf(id)).dueInMs).toBeLessThanOrEqual(1_000);
});

test('no provisioner is called inside a transaction', async () => {
  const { id } = await orderDatabase(server);
  const { db } = server.app.deps;
  let open: number | undefined;
  intercepts.set(id, async () => {
    // PGlite has one connection: there it would wait for ever.
    const { rows } = await sql<{ open: number }>`
      select count(*)::int as open from pg_stat_activity
      where datname = current_database() and backend_type = 'client backend' and pid <> pg_backend_pid() and xact_start is not null`.execute(
      db,
    );
    open = rows[0]?.open;
    return undefined;
  });
  await runPasses(server);
  expect([open, (await timesOf(id)).status]).toEqual([0, 'ready']);
});

test('an unknown provisioner and a broken one are told without a secret, and asked again', async () => {
  const { id } = await orderDatabase(server, { provisioner: 'elsewhere' });
  await runPasses(server);
  expect(await timesOf(id)).toMatchObject({
    ...{ status: 'provisioning', reason: 'provisioner_unavailable', attempts: 1 },
    error_message: 'DATABASES_FILE has no provisioner elsewhere.',
  });
  const { id: other } = await orderDatabase(server);
  intercepts.set(other, () => {
    throw new TypeError('postgres://u:hunter2@db/x is undefined');
  });
  await runPasses(server);
  expect(await timesOf(other)).toMatchObject({ reason: 'provisioner_unavailable', error_message: 'internal error' });
  const line = server.logs.find((each) => each.includes(other) && each.includes('unexpectedly'));
  expect(line).toContain('is undefined');
  expect(line).not.toContain('hunter2');
  intercepts.set(other, () => {
    throw new ProvisionerUnavailable('connect to postgres://u:hunter2@db/x: refused');
  });
  await passOver(server, other);
  expect(JSON.stringify(await timesOf(other))).not.toContain('hunter2');
});

test('closing ends the passes under way as if they had not been, and gives their leases back', async () => {
  const hangs = { ...sharedWorld(), reconcile: (_: unknown, signal: AbortSignal) => untilAborted(signal) };
  const own = await startTestServer(madeBy({ memory: hangs }));
  const { id } = await orderDatabase(own);
  own.app.startWorkers();
  const leased = async () => (await storedDatabase(own, id)).work.lease_id;
  await expect.poll(leased).not.toBeNull();
  await own.app.close();
  const { database, work } = await storedDatabase(own, id);
  expect([work.lease_id, work.attempts, database.reason]).toEqual([null, 0, 'queued']);
  expect(Date.parse(work.next_reconcile_at ?? '')).toBeLessThanOrEqual(own.clock.now().getTime());
  await own.close();
});

test('the figures tell of passes, and of databases by status and reason', async () => {
  const own = await startTestServer(madeBy({ memory: sharedWorld() }));
  await orderDatabase(own);
  await orderDatabase(own, { provisioner: 'elsewhere' });
  await runPasses(own);
  await orderDatabase(own);
  own.clock.advance(3_600_000);
  await own.app.workers
    .find(({ name }) => name === 'databases-report')
    ?.runOnce(own.app.deps, new AbortController().signal);
  const metrics = await own.app.deps.metrics.registry.metrics();
  for (const line of [
    'database_passes_total{provisioner="memory",outcome="ok"} 1',
    'database_passes_total{provisioner="elsewhere",outcome="unavailable"} 1',
    'database_pass_seconds_count{provisioner="memory"} 1',
    'databases{status="ready"} 1',
    'databases{status="provisioning"} 2',
    'databases{status="error"} 0',
    'databases_by_reason{reason="queued"} 1',
    'databases_by_reason{reason="provisioner_unavailable"} 1',
  ])
    expect(metrics).toContain(`tenant_registry_${line}\n`);
  expect(Number(/database_oldest_due_seconds (\d+)/.exec(metrics)?.[1])).toBeGreaterThanOrEqual(3_600);
  await own.close();
});

test('provisioners that gave no answer have one place each until they do, so that they hold up no other', async () => {
  let hanging = 0;
  let hangs = false;
  const dead = () => ({
    ...sharedWorld(),
    async reconcile(_: unknown, signal: AbortSignal): Promise<never> {
      if (!hangs) throw new ProvisionerUnavailable('away');
      hanging += 1;
      return untilAborted(signal);
    },
  });
  const own = await startTestServer(madeBy({ a: dead(), b: dead(), living: sharedWorld() }));
  own.clock.stop();
  for (const provisioner of ['a', 'b', 'living']) await orderDatabases(own, 10, { provisioner });
  const reconciler = newReconciler(own, { abortMs: 3_600_000 });
  while ((await reconciler.claim()) > 0) await reconciler.idle();
  hangs = true;
  own.clock.advance(60_000);
  const { db } = own.app.deps;
  // The clock stands still: what was looked at is due later.
  const waiting = async () => {
    await reconciler.claim();
    const due = db.selectFrom('database_work').select('database_id').where('provisioner', '=', 'living');
    return (await due.where('next_reconcile_at', '<=', own.clock.now().toISOString()).execute()).length;
  };
  await db.updateTable('database_work').set({ next_reconcile_at: own.clock.now() }).execute();
  expect(await waiting()).toBeGreaterThan(0);
  await expect.poll(waiting).toBe(0);
  expect(hanging).toBe(2);
  await reconciler.close();
  await own.close();
});
