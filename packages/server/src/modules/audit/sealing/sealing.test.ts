/** Sealing: each row becomes a leaf of its log once, in the order in which rows became visible. */
import { randomUUID } from 'node:crypto';
import { audit } from '@tenant-registry/db';
import { sql } from 'kysely';
import { expect, test } from 'vitest';
import { appendEvent, appendEvents, eventOf } from '../../../../test/support/audit-events.ts';
import { leavesOf, PLATFORM_LOG, rootOfLeaves, sealAll } from '../../../../test/support/audit-log.ts';
import { newTenant, runWorker, testServer, trailOf } from '../../../../test/support/server.ts';
import { frontierOf, rootOf } from '../tree/merkle.ts';
import { sealBatch } from './seal.worker.ts';

const server = testServer();

/** Appends so many events to the log of a tenant. */
async function fill(tenant_id: string, count: number): Promise<string[]> {
  const { status, body } = await appendEvents(
    server,
    Array.from({ length: count }, (_, n) => eventOf({ tenant_id, metadata: { n } })),
  );
  expect(status).toBe(201);
  return body.ids;
}

const ticketsOf = async (log: string) =>
  (
    await server.app.deps.db
      .selectFrom('audit_unsealed')
      .select('event_id')
      .where('tenant_id', '=', log)
      .orderBy('event_id')
      .execute()
  ).map(({ event_id }) => event_id);

const sealedIn = async (log: string) => (await leavesOf(server, log)).map(({ event_id }) => event_id);

// proves A62
test('a change, its audit row and the ticket of the row are written together', async () => {
  const { id } = await newTenant(server);
  const [row] = await trailOf(server, id);
  expect(await ticketsOf(id)).toEqual([row?.id]);
  expect(await sealedIn(id)).toEqual([]);
  await sealAll(server);
  expect([await ticketsOf(id), await sealedIn(id)]).toEqual([[], [row?.id]]);
});

test('a change that is rolled back leaves no ticket', async () => {
  const { id: tenant_id } = await newTenant(server);
  await sealAll(server);
  const row = { tenant_id, actor_type: 'user', actor_id: '1', action: 'x', metadata: {}, origin: 'registry' } as const;
  const failing = server.app.deps.db.transaction().execute(async (tx) => {
    await audit.appendAuditEvent(tx, row);
    const { rows } = await sql<{ n: number }>`
      select count(*) as n from audit_unsealed where tenant_id = ${tenant_id}::uuid`.execute(tx);
    expect(rows).toEqual([{ n: 1 }]);
    throw new Error('rolled back');
  });
  await expect(failing).rejects.toThrow('rolled back');
  expect([await ticketsOf(tenant_id), await sealAll(server)]).toEqual([[], 0]);
});

test('a batch is sealed by id, and a row that became visible later comes after it', async () => {
  const { id: tenant_id } = await newTenant(server);
  const first = await fill(tenant_id, 3);
  await sealAll(server);
  const row = { tenant_id, actor_type: 'user', actor_id: '1', action: 'x', metadata: {}, origin: 'registry' } as const;
  // By its id it is older than all others.
  const late = `01000000-0000-7000-8000-${randomUUID().slice(-12)}`;
  await audit.appendAuditEvent(server.app.deps.db, { ...row, id: late });
  const second = await fill(tenant_id, 2);
  await sealAll(server);
  expect((await sealedIn(tenant_id)).slice(1)).toEqual([...first, late, ...second]);
});

test('ten tenants and the platform have logs of their own', async () => {
  const tenants = await Promise.all(Array.from({ length: 10 }, () => newTenant(server)));
  const reported = await appendEvent(server);
  for (const [n, { id }] of tenants.entries()) await fill(id, n + 1);
  await sealAll(server);
  for (const [n, { id }] of tenants.entries()) {
    const leaves = await leavesOf(server, id);
    expect(leaves.map(({ index }) => index)).toEqual(Array.from({ length: n + 2 }, (_, index) => index));
    expect(leaves.map(({ event_id }) => event_id)).toEqual((await trailOf(server, id)).map((row) => row.id));
  }
  expect(await sealedIn(PLATFORM_LOG)).toContain(reported.id);
});

test('processes that seal at once seal each row once, without a gap', async () => {
  const { id } = await newTenant(server);
  const ids = await fill(id, 40);
  const taken = await Promise.all(Array.from({ length: 6 }, () => sealBatch(server.app.deps)));
  expect(taken.filter((rows) => rows > 0)).toEqual([41]);
  const leaves = await leavesOf(server, id);
  expect(leaves.map(({ event_id }) => event_id).slice(1)).toEqual(ids);
  expect(leaves.map(({ index }) => index)).toEqual(leaves.map((_, index) => index));
});

test('a row that went before it was sealed is told, and the others are sealed', async () => {
  const { id: tenant_id } = await newTenant(server);
  const [gone, ...others] = await fill(tenant_id, 3);
  await server.app.deps.db.transaction().execute(async (tx) => {
    await sql`alter table audit_log disable trigger user`.execute(tx);
    await sql`delete from audit_log where id = ${gone}`.execute(tx);
    await sql`alter table audit_log enable trigger user`.execute(tx);
  });
  await sealAll(server);
  expect((await sealedIn(tenant_id)).slice(1)).toEqual(others);
  const told = server.logs.map((line) => JSON.parse(line)).filter(({ rows }) => rows?.includes(gone));
  expect(told).toMatchObject([{ worker: 'audit-seal', count: 1, msg: 'audit rows went before they were sealed' }]);
});

test('a batch is bounded by what its rows take as text, however small the database makes them', async () => {
  const { id: tenant_id } = await newTenant(server);
  await sealAll(server);
  await sql`
    insert into audit_log (id, tenant_id, actor_type, actor_id, action, metadata, origin)
    select gen_random_uuid(), ${tenant_id}::uuid, 'user', '1', 'x', jsonb_build_object('text', repeat('a', 32000)), 'registry'
    from generate_series(1, 300)`.execute(server.app.deps.db);
  const first = await sealBatch(server.app.deps);
  expect(first).toBeLessThan(270);
  expect(first + (await sealAll(server))).toBe(300);
});

test('a row that cannot be sealed is told and left out, and tried again later', async () => {
  const [a, b] = [await newTenant(server), await newTenant(server)];
  await sealAll(server);
  const [broken] = await fill(a.id, 3);
  const others = await fill(b.id, 3);
  // The row's leaf is there already.
  const leaf = { tenant_id: b.id, index: 900, hash: Buffer.alloc(32), who_hash: Buffer.alloc(32) };
  const { db } = server.app.deps;
  await db
    .insertInto('audit_leaves')
    .values({ ...leaf, what_hash: leaf.hash, event_id: broken })
    .execute();
  const seal = async () => {
    while ((await runWorker(server, 'audit-seal')) > 0);
  };
  await seal();
  expect(await ticketsOf(a.id)).toEqual([broken]);
  expect(await sealedIn(b.id)).toEqual(expect.arrayContaining(others));
  const told = () => server.logs.map((line) => JSON.parse(line)).filter(({ row }) => row === broken);
  expect(told()).toMatchObject([
    { worker: 'audit-seal', msg: 'an audit row cannot be sealed: it is left out for now' },
  ]);
  await db.deleteFrom('audit_leaves').where('index', '=', 900).execute();
  await seal();
  expect(await ticketsOf(a.id)).toEqual([broken]);
  server.clock.advance(600_000);
  await seal();
  expect([await ticketsOf(a.id), told().length]).toEqual([[], 1]);
});

// proves A14
test('rows of a tenant that was deleted before they were sealed become leaves of its log', async () => {
  const { id } = await newTenant(server);
  const ids = await fill(id, 2);
  for (const step of ['POST cancel', 'POST archive']) {
    const [method, path] = step.split(' ');
    await server.call(`${method} /v1/tenants/${id}/${path}`);
  }
  expect((await server.call(`DELETE /v1/tenants/${id}`)).status).toBe(204);
  await sealAll(server);
  expect(await sealedIn(id)).toEqual(expect.arrayContaining(ids));
});

test('tiles hold what leaves and root say, around the edges of the first tile and of the next', async () => {
  const { id } = await newTenant(server);
  let size = 1;
  for (const next of [255, 256, 257, 511, 513]) {
    await fill(id, next - size);
    expect(await runWorker(server, 'audit-seal')).toBeGreaterThan(0);
    await sealAll(server);
    size = next;
    const leaves = (await leavesOf(server, id)).map(({ hash }) => hash);
    const [log] = await server.app.deps.db.selectFrom('audit_logs').selectAll().where('tenant_id', '=', id).execute();
    if (log === undefined) throw new Error('the tenant has no log');
    const root = rootOfLeaves(leaves).toString('base64');
    expect([log.size, leaves.length, rootOf(frontierOf(log.size, log.frontier)).toString('base64')]).toEqual([
      size,
      size,
      root,
    ]);
    const tiles = await server.app.deps.db
      .selectFrom('audit_tiles')
      .selectAll()
      .where('tenant_id', '=', id)
      .orderBy('level')
      .orderBy('tile')
      .execute();
    const full = Math.floor(size / 256);
    expect(tiles.map(({ level, tile, hashes }) => [level, tile, hashes.length / 32])).toEqual([
      ...Array.from({ length: full }, (_, tile) => [0, tile, 256]),
      ...(full === 0 ? [] : [[1, 0, full]]),
    ]);
    for (const { level, tile, hashes } of tiles)
      expect(Buffer.from(hashes)).toEqual(
        level === 0
          ? Buffer.concat(leaves.slice(tile * 256, (tile + 1) * 256))
          : Buffer.concat(Array.from({ length: full }, (_, n) => rootOfLeaves(leaves.slice(n * 256, (n + 1) * 256)))),
      );
  }
});
