// engine: postgres
/** Changes of networks that meet each other. Runs on PostgreSQL: PGlite has one connection, so no two changes can meet. */
import { networks, tenants } from '@tenant-registry/db';
import { sql } from 'kysely';
import { expect, test } from 'vitest';
import { addNodes, freeRanges, newNetwork, newSubRange } from '../../../test/support/network.ts';
import { newProject, runWorker, tenantIn, testServer } from '../../../test/support/server.ts';
import type { ActorContext } from '../../kernel/context.ts';
import { DomainError } from '../../kernel/errors.ts';
import { parseCidr } from '../../kernel/ip.ts';
import { systemContext } from '../../kernel/system-context.ts';
import { transact } from '../../kernel/transact.ts';
import { createTurns } from '../../kernel/turns.ts';
import { lockWritableTenant } from '../tenants/service.ts';
import { allocateAddress, rebuildFreeRanges, transactInNetwork } from './allocator/service.ts';
import { networkErrors } from './errors.ts';
import { setNetwork } from './ranges/service.ts';
import { releaseSubRangesOf } from './releasing/service.ts';
import { setSubRange } from './sub-ranges/service.ts';

const server = testServer();

/** A caller of another process: only the database keeps it from meeting those of this one. */
function elsewhere(waitMs = 60_000): ActorContext {
  const networkTurns = createTurns({ name: 'other', waitMs, refused: networkErrors.allocatorContention });
  return { ...systemContext(server.app.deps, { name: 'elsewhere' }), networkTurns };
}

/** The outcome of each: its result, or the code of its error. */
async function outcomes<T>(work: readonly Promise<T>[]): Promise<(T | string)[]> {
  const settled = await Promise.allSettled(work);
  return settled.map((each) => {
    if (each.status === 'fulfilled') return each.value;
    if (each.reason instanceof DomainError) return each.reason.definition.code;
    const { constraint, message } = each.reason;
    return server.app.deps.constraints.get(constraint)?.definition.code ?? `${message}`;
  });
}

async function world(cidr: string, count: number) {
  const { id: tenant_id } = await tenantIn(server, 'active');
  const projects: string[] = [];
  for (let made = 0; made < count; made += 1) projects.push((await newProject(server, tenant_id)).id);
  await newNetwork(server, tenant_id, cidr, { space: `s-${tenant_id}` });
  return { tenant_id, projects };
}

/** Starts the work while the network is locked, and lets all of it go at once. */
async function togetherAt<T>(tenantId: string, start: () => readonly Promise<T>[]): Promise<(T | string)[]> {
  const held = await server.app.deps.db.transaction().execute(async (tx) => {
    await networks.lockNetwork(tx, tenantId);
    const started = start();
    const outcome = outcomes(started);
    await waiting(started.length);
    return { outcome };
  });
  return held.outcome;
}

/** Resolves when so many sessions wait for locks. */
async function waiting(count: number): Promise<void> {
  for (;;) {
    const { rows } = await sql`
      select from pg_stat_activity
      where datname = current_database() and cardinality(pg_blocking_pids(pid)) > 0`.execute(server.app.deps.db);
    if (rows.length >= count) return;
  }
}

/** What is free is as it follows from range, sub-ranges and addresses. */
async function requireTrueFreeRanges(tenantId: string): Promise<void> {
  const before = await freeRanges(server, tenantId);
  const { db } = server.app.deps;
  await db.transaction().execute((tx) => rebuildFreeRanges(elsewhere(), tx, tenantId));
  expect(before).toEqual(await freeRanges(server, tenantId));
}

// proves C25
test('of tenants that set overlapping ranges at once one gets its range, and the others are told', async () => {
  const tenants = [
    await tenantIn(server, 'active'),
    await tenantIn(server, 'active'),
    await tenantIn(server, 'active'),
  ];
  for (let round = 0; round < 6; round += 1) {
    const space = `race-${round}`;
    const cidrs = ['10.0.0.0/16', '10.0.8.0/24', '10.0.0.0/20'];
    const answers = await Promise.all(
      tenants.map(({ id }, index) =>
        server.call(`PUT /v1/tenants/${id}/network`, { body: { cidr: cidrs[index], space } }),
      ),
    );
    const codes = answers.map(({ status, body }) => body.code ?? status).sort();
    expect(codes).toEqual([200, 'range_overlaps', 'range_overlaps']);
  }
});

test('a range that waits for one of another tenant waits no longer than it may', async () => {
  const [holder, { id }] = [await tenantIn(server, 'active'), await tenantIn(server, 'active')];
  const ask = () => outcomes([setNetwork(elsewhere(100), { id, cidr: '10.9.0.0/24', space: 'held' })]);
  const { db } = server.app.deps;
  await db.transaction().execute(async (tx) => {
    await networks.lockSpaces(tx, ['held']);
    expect(await ask()).toEqual(['allocator_contention']);
  });
  await db.transaction().execute(async (tx) => {
    const range = { tenant_id: holder.id, cidr: '10.9.0.0/16', space: 'held', rest_seconds: 0 };
    await networks.updateNetwork(tx, range);
    expect(await ask()).toEqual(['allocator_contention']);
  });
  expect(await ask()).toEqual(['range_overlaps']);
});

test('a range that changes its space waits for both spaces: two that change places cannot wait for each other', async () => {
  const { id } = await tenantIn(server, 'active');
  const move = (space: string) => outcomes([setNetwork(elsewhere(100), { id, cidr: '10.9.0.0/24', space })]);
  await move('from');
  for (const space of ['from', 'to'])
    await server.app.deps.db.transaction().execute(async (tx) => {
      await networks.lockSpaces(tx, [space]);
      expect(await move('to')).toEqual(['allocator_contention']);
    });
  expect(await move('to')).toEqual([expect.objectContaining({ space: 'to' })]);
});

// proves C25
test('sub-ranges that projects ask for at once, by length and by place, never overlap', async () => {
  const { tenant_id, projects } = await world('10.0.0.0/26', 6);
  const asked = [{ prefix_length: 28 }, { cidr: '10.0.0.16/28' }, { prefix_length: 29 }, { cidr: '10.0.0.0/27' }];
  const results = await togetherAt(tenant_id, () =>
    projects.map((id, index) => setSubRange(elsewhere(), { id, ...asked[index % asked.length] })),
  );
  const got = results.flatMap((result) => (typeof result === 'string' ? [] : [result.cidr]));
  const refused = results.filter((result) => typeof result === 'string');
  expect(new Set(['sub_range_overlaps', 'no_sub_range_fits', ...refused]).size).toBe(2);
  expect(got.length).toBeGreaterThan(1);
  const ends = got.flatMap((cidr) => {
    const range = parseCidr(cidr);
    return range === undefined ? [] : [{ first: range.value, next: range.value + (1n << BigInt(32 - range.prefix)) }];
  });
  const ordered = ends.sort((a, b) => (a.first < b.first ? -1 : 1));
  expect(ordered.every(({ next }, index) => next <= (ordered[index + 1]?.first ?? next))).toBe(true);
  await requireTrueFreeRanges(tenant_id);
});

// proves C26
test('a range that shrinks while nodes get addresses leaves none of them outside', async () => {
  for (let round = 0; round < 4; round += 1) {
    const { tenant_id, projects } = await world('10.0.0.0/24', 1);
    const [project_id = ''] = projects;
    const nodes = (await addNodes(server, { tenant_id, project_id, count: 8 })).map(({ id }) => id);
    const give = (node_id: string) => {
      const ctx = elsewhere();
      return transactInNetwork(ctx, tenant_id, async (tx, record) => {
        await lockWritableTenant(ctx, tx, tenant_id);
        const holder = { tenant_id, project_id, node_id, node_name: 'n' };
        return (await allocateAddress(ctx, tx, record, { holder })).ip;
      });
    };
    const shrink = async () => (await setNetwork(elsewhere(), { id: tenant_id, cidr: '10.0.0.0/29' })).cidr;
    const work = nodes.map((node) => () => give(node));
    work.splice(round * 2, 0, shrink);
    const results = await outcomes(work.map((start) => start()));
    const shrunk = results[round * 2] === '10.0.0.0/29';
    const [given, exhausted] = [
      results.filter((each) => each.startsWith('10.0.0.')),
      results.filter((each) => each === 'pool_exhausted'),
    ];
    if (shrunk) expect([given.length, exhausted.length]).toEqual([7, 2]);
    else expect([results[round * 2], given.length]).toEqual(['range_in_use', 8]);
    await requireTrueFreeRanges(tenant_id);
  }
});

test('projects whose sub-ranges end with them wait for the network no longer than they may', async () => {
  const { tenant_id, projects } = await world('10.0.0.0/24', 2);
  const [project = '', without = ''] = projects;
  await newSubRange(server, project);
  const release = (ids: readonly string[]) => {
    const ctx = elsewhere(100);
    return outcomes([
      transact(ctx, async (tx, record, nothingChanged) => {
        await lockWritableTenant(ctx, tx, tenant_id);
        nothingChanged();
        await releaseSubRangesOf(ctx, { tx, record }, { tenant_id, projects: ids });
      }),
    ]);
  };
  await server.app.deps.db.transaction().execute(async (tx) => {
    await networks.lockNetwork(tx, tenant_id);
    expect(await release([without])).toEqual([undefined]);
    expect(await release([project])).toEqual(['allocator_contention']);
  });
  expect((await server.call(`GET /v1/projects/${project}/sub-range`)).status).toBe(200);
  expect(await release(projects)).toEqual([undefined]);
  expect((await server.call(`GET /v1/projects/${project}/sub-range`)).status).toBe(404);
});

test('a tenant is deleted while its rested addresses are freed: neither waits for the other', async () => {
  const { tenant_id } = await world('10.0.0.0/24', 1);
  const { db } = server.app.deps;
  await sql`
    update mesh_free_ranges set first = '10.0.0.9' where tenant_id = ${tenant_id}`.execute(db);
  await sql`
    insert into mesh_free_ranges (tenant_id, first, last, not_before)
    values (${tenant_id}, '10.0.0.2', '10.0.0.2', ${server.clock.now()})`.execute(db);
  await db.transaction().execute(async (tx) => {
    await tenants.lockTenant(tx, tenant_id);
    const freed = runWorker(server, 'mesh-rest');
    await Promise.race([freed, waiting(1)]);
    await tenants.deleteIdentities(tx, tenant_id);
    await tenants.deleteTenant(tx, tenant_id);
    expect(await freed).toBe(0);
  });
});
