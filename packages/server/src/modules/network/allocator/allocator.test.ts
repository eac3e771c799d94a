/** Addresses of nodes: which one is given, under many callers at once, from several replicas, and with wrong free ranges. */
import { sql } from 'kysely';
import { expect, inject, test } from 'vitest';
import {
  addressesIn,
  allocated,
  expectFreeRowsRight,
  freeRows,
  hosts,
  type NetworkRows,
  networkContext,
  newNetworkRows,
  nodeOf as node,
  refusalOf,
  released,
} from '../../../../test/support/network-rows.ts';
import { runWorker, testServer } from '../../../../test/support/server.ts';
import type { Dependencies } from '../../../kernel/context.ts';
import { type AddressHolder, rebuildFreeRanges } from './service.ts';

const server = testServer();
const onPostgres = inject('engine') === 'postgres';

const contextOf = (deps: Dependencies = server.app.deps) => networkContext(deps);
const addressesOf = (tenantId: string) => addressesIn(server.app.deps.db, tenantId);

/** What the audit log says of a tenant, oldest first. */
async function eventsOf(tenantId: string): Promise<string[]> {
  const rows = server.app.deps.db.selectFrom('audit_log').select('action').where('tenant_id', '=', tenantId);
  return (await rows.orderBy('id').execute()).map(({ action }) => action);
}

async function reserve({ tenant_id, projects }: NetworkRows, place: number, cidr: string, strict: boolean) {
  const { db } = server.app.deps;
  await db.transaction().execute(async (tx) => {
    await sql`
      insert into project_mesh_ip_reservations (tenant_id, project_id, sub_range, strict)
      values (${tenant_id}, ${projects[place]}, ${cidr}, ${strict})`.execute(tx);
    await rebuildFreeRanges(contextOf(), tx, tenant_id);
  });
}

const rest = (tenantId: string, seconds: number) =>
  sql`update tenants set mesh_rest_seconds = ${seconds}::int where id = ${tenantId}`.execute(server.app.deps.db);

// proves C26
test('a node gets the lowest free address, keeps it, and gives it back; each change is one event', async () => {
  const network = await newNetworkRows(server.app.deps, { cidr: '10.9.0.0/29', projects: 1, nodes: 3 });
  const ctx = contextOf();
  const first = await allocated(ctx, node(network, 0));
  expect(first).toEqual({ ...node(network, 0), ip: '10.9.0.1', allocated_at: expect.any(String) });
  expect(await allocated(ctx, node(network, 0))).toEqual(first);
  expect(await allocated(ctx, node(network, 0), '10.9.0.1')).toEqual(first);
  expect((await allocated(ctx, node(network, 1))).ip).toBe('10.9.0.2');
  expect(await released(ctx, node(network, 0))).toEqual(first);
  expect(await released(ctx, node(network, 0))).toBeUndefined();
  expect((await allocated(ctx, node(network, 2))).ip).toBe('10.9.0.1');
  expect(await eventsOf(network.tenant_id)).toEqual([
    'mesh_address.allocated',
    'mesh_address.allocated',
    'mesh_address.released',
    'mesh_address.allocated',
  ]);
  await expectFreeRowsRight(server.app.deps, network.tenant_id);
});

// proves C26
test('an address that is asked for by name is given, or the reason why not is told', async () => {
  const network = await newNetworkRows(server.app.deps, { cidr: '10.9.0.0/27', projects: 3, nodes: 6 });
  await reserve(network, 0, '10.9.0.8/29', true);
  await reserve(network, 1, '10.9.0.16/29', false);
  const ctx = contextOf();
  const [strict, loose, bare, bare2] = [0, 1, 2, 5].map((index) => node(network, index));
  if (strict === undefined || loose === undefined || bare === undefined || bare2 === undefined) throw new Error();
  const refused = async (holder: AddressHolder, ip: string) => refusalOf(allocated(ctx, holder, ip));
  const unusable = expect.objectContaining({ code: 'address_not_usable', pointer: '/ip' });
  for (const ip of ['10.9.0.0', '10.9.0.31', '10.9.0.32', 'fd00::1', '10.9.0.9', '10.9.0.8'])
    expect(await refused(bare, ip)).toEqual(unusable);
  for (const ip of ['10.9.0.8', '10.9.0.15', '10.9.0.1', '10.9.0.17'])
    expect(await refused(strict, ip)).toEqual(unusable);
  expect((await allocated(ctx, strict, '10.9.0.11')).ip).toBe('10.9.0.11');
  expect((await allocated(ctx, loose, '10.9.0.5')).ip).toBe('10.9.0.5');
  expect((await allocated(ctx, bare, '10.9.0.30')).ip).toBe('10.9.0.30');
  expect(await refused(bare2, '10.9.0.5')).toMatchObject({ code: 'address_taken', pointer: '/ip' });
  expect(await refused(strict, '10.9.0.12')).toMatchObject({
    ...{ code: 'address_not_usable', pointer: '/ip' },
    detail: expect.stringContaining('10.9.0.11'),
  });
  await expectFreeRowsRight(server.app.deps, network.tenant_id);
});

// proves C26
test('a strict sub-range is all that its project gets; another goes on in the pool', async () => {
  const network = await newNetworkRows(server.app.deps, { cidr: '10.9.0.0/28', projects: 2, nodes: 24 });
  await reserve(network, 0, '10.9.0.4/30', true);
  await reserve(network, 1, '10.9.0.8/30', false);
  const ctx = contextOf();
  const next = async (index: number) => (await allocated(ctx, node(network, index))).ip;
  expect([await next(0), await next(2)]).toEqual(['10.9.0.5', '10.9.0.6']);
  expect(await refusalOf(next(4))).toMatchObject({ code: 'subrange_exhausted', pointer: undefined });
  const loose: string[] = [];
  for (const index of [1, 3, 5, 7, 9, 11, 13, 15]) loose.push(await next(index));
  const pool = ['10.9.0.1', '10.9.0.2', '10.9.0.3', '10.9.0.12', '10.9.0.13', '10.9.0.14'];
  expect(loose).toEqual(['10.9.0.9', '10.9.0.10', ...pool]);
  expect(await refusalOf(next(17))).toMatchObject({ code: 'pool_exhausted', pointer: undefined });
});

test('a tenant without a range has no addresses', async () => {
  const network = await newNetworkRows(server.app.deps, { cidr: null, projects: 1, nodes: 1 });
  expect(await refusalOf(allocated(contextOf(), node(network, 0)))).toMatchObject({ code: 'network_not_set' });
  expect(await released(contextOf(), node(network, 0))).toBeUndefined();
  expect(await freeRows(server.app.deps.db, network.tenant_id)).toEqual([]);
});

// proves C26
test('an address rests after its release; the one that rested longest is given when nothing else is free', async () => {
  const network = await newNetworkRows(server.app.deps, { cidr: '10.9.0.0/29', projects: 1, nodes: 9 });
  const ctx = contextOf();
  const next = async (index: number) => (await allocated(ctx, node(network, index))).ip;
  for (const index of [0, 1, 2, 3, 4]) await next(index);
  await rest(network.tenant_id, 60);
  await released(ctx, node(network, 3));
  server.clock.advance(1_000);
  await released(ctx, node(network, 1));
  expect(await next(5)).toBe('10.9.0.6');
  expect(await next(6)).toBe('10.9.0.4');
  await released(ctx, node(network, 2));
  server.clock.advance(61_000);
  expect(await runWorker(server, 'mesh-rest')).toBe(2);
  expect(await freeRows(server.app.deps.db, network.tenant_id)).toEqual([
    { project_id: null, first: '10.9.0.2', last: '10.9.0.3', not_before: null },
  ]);
  expect(await runWorker(server, 'mesh-rest')).toBe(0);
});

// proves C26
test('addresses that have rested are free after batches of ten thousand, and two workers at once free each of them once', async () => {
  const network = await newNetworkRows(server.app.deps, { cidr: '10.16.0.0/16', projects: 1, nodes: 0 });
  const { db } = server.app.deps;
  const until = server.clock.now().toISOString();
  await sql`
    update mesh_free_ranges set first = '10.16.128.0' where tenant_id = ${network.tenant_id}`.execute(db);
  await sql`
    insert into mesh_free_ranges (tenant_id, first, last, not_before)
    select ${network.tenant_id}::uuid, '10.16.0.0'::inet + 3 * i, '10.16.0.0'::inet + 3 * i, ${until}::timestamptz
    from generate_series(1, 10001) as i`.execute(db);
  const freed = await Promise.all([runWorker(server, 'mesh-rest'), runWorker(server, 'mesh-rest')]);
  expect(freed.includes(10_000)).toBe(true);
  expect((freed[0] ?? 0) + (freed[1] ?? 0) + (await runWorker(server, 'mesh-rest'))).toBe(10_001);
  expect(await runWorker(server, 'mesh-rest')).toBe(0);
  expect(await freeRows(db, network.tenant_id)).toEqual([
    { project_id: null, first: '10.16.0.1', last: '10.16.255.254', not_before: null },
  ]);
});

// proves C26
test('64 callers at once get the lowest addresses, each its own', async () => {
  const [callers, each] = onPostgres ? [64, 20] : [16, 5];
  const network = await newNetworkRows(server.app.deps, { cidr: '10.9.0.0/20', projects: 2, nodes: callers * each });
  const caller = async (place: number) => {
    for (let index = 0; index < each; index += 1) await allocated(contextOf(), node(network, place * each + index));
  };
  await Promise.all(Array.from({ length: callers }, (_, place) => caller(place)));
  expect(await addressesOf(network.tenant_id)).toEqual(hosts(callers * each));
  expect((await eventsOf(network.tenant_id)).length).toBe(callers * each);
  await expectFreeRowsRight(server.app.deps, network.tenant_id);
});

// proves C26
test('a node that asks fifty times at once has one address, and there is one event', async () => {
  const network = await newNetworkRows(server.app.deps, { cidr: '10.9.0.0/28', projects: 1, nodes: 1 });
  const answers = await Promise.all(Array.from({ length: 50 }, () => allocated(contextOf(), node(network, 0))));
  expect(new Set(answers.map(({ ip }) => ip))).toEqual(new Set(['10.9.0.1']));
  expect(await eventsOf(network.tenant_id)).toEqual(['mesh_address.allocated']);
});

const wrong = {
  'a row over addresses that are taken': sql`
    insert into mesh_free_ranges (tenant_id, first, last) select id, '10.9.0.1', '10.9.0.2' from tenants`,
  'no row at all': sql`delete from mesh_free_ranges where first >= '10.9.0.0'`,
  'rows that overlap': sql`
    insert into mesh_free_ranges (tenant_id, first, last) select id, '10.9.0.4', '10.9.0.9' from tenants`,
};

// proves C26
test.each(Object.entries(wrong))('the next take mends the free ranges: %s', async (_, damage) => {
  const { deps } = server.app;
  const network = await newNetworkRows(deps, { cidr: '10.9.0.0/28', projects: 1, nodes: 4 });
  for (const index of [0, 1]) await allocated(contextOf(), node(network, index));
  await deps.db.transaction().execute(async (tx) => {
    // Only this tenant is seen, and the damage is its own.
    await sql`select set_config('role', 'tenant_registry_tenant', true),
      set_config('app.tenant_id', ${network.tenant_id}, true)`.execute(tx);
    await damage.execute(tx);
  });
  expect((await allocated(contextOf(), node(network, 2))).ip).toBe('10.9.0.3');
  await expectFreeRowsRight(deps, network.tenant_id);
});

// proves C26
test('the take of an address that is named mends free ranges without it', async () => {
  const { deps } = server.app;
  const network = await newNetworkRows(deps, { cidr: '10.9.0.0/28', projects: 1, nodes: 1 });
  const { tenant_id } = network;
  await sql`update mesh_free_ranges set last = '10.9.0.3' where tenant_id = ${tenant_id}`.execute(deps.db);
  expect((await allocated(contextOf(), node(network, 0), '10.9.0.9')).ip).toBe('10.9.0.9');
  await expectFreeRowsRight(deps, tenant_id);
});

// proves C26
test('a caller that is bound to a project takes from the pool, and its take sees the addresses of other projects', async () => {
  const { deps } = server.app;
  const network = await newNetworkRows(deps, { cidr: '10.9.0.0/28', projects: 3, nodes: 9 });
  const { tenant_id, projects } = network;
  await reserve(network, 2, '10.9.0.4/30', true);
  const project_id = projects[0] ?? null;
  const bound = { ...networkContext(deps, deps.forTenant({ tenant_id, project_id })) };
  expect((await allocated(contextOf(), node(network, 1))).ip).toBe('10.9.0.1');
  expect((await allocated(bound, node(network, 0))).ip).toBe('10.9.0.2');
  expect(await refusalOf(allocated(bound, node(network, 3), '10.9.0.1'))).toMatchObject({ code: 'address_taken' });
  expect(await refusalOf(allocated(bound, node(network, 3), '10.9.0.5'))).toMatchObject({ code: 'address_not_usable' });
  await sql`
    insert into mesh_free_ranges (tenant_id, first, last) values (${tenant_id}, '10.9.0.1', '10.9.0.1')`.execute(
    deps.db,
  );
  expect((await allocated(bound, node(network, 3))).ip).toBe('10.9.0.3');
  await expectFreeRowsRight(deps, tenant_id);
  expect((await released(bound, node(network, 0)))?.ip).toBe('10.9.0.2');
  expect(await freeRows(deps.db, tenant_id)).toContainEqual(
    expect.objectContaining({ project_id: null, first: '10.9.0.2', last: '10.9.0.2' }),
  );
  await expectFreeRowsRight(deps, tenant_id);
});

// proves C26
test('what is free ends at the end of a sub-range of IPv6, whose last address is a host, whoever gives his back', async () => {
  const { deps } = server.app;
  const network = await newNetworkRows(deps, { cidr: 'fd00:9::/120', projects: 2, nodes: 2 });
  const { tenant_id } = network;
  await reserve(network, 0, 'fd00:9::10/124', true);
  const free = async () =>
    (await freeRows(deps.db, tenant_id)).map(
      (row) => `${row.project_id === null ? 'pool' : 'own'} ${row.first} ${row.last}`,
    );
  const all = ['pool fd00:9::1 fd00:9::f', 'own fd00:9::11 fd00:9::1f', 'pool fd00:9::20 fd00:9::ff'];
  expect(await free()).toEqual(all);
  for (const [place, ip] of [
    [0, 'fd00:9::1f'],
    [1, 'fd00:9::20'],
  ] as const) {
    await allocated(contextOf(), node(network, place), ip);
    await released(contextOf(), node(network, place));
    expect(await free()).toEqual(all);
  }
});

test('what is free is written anew only where it differs', async () => {
  const { deps } = server.app;
  const network = await newNetworkRows(deps, { cidr: '10.9.0.0/24', projects: 1, nodes: 2 });
  const { tenant_id } = network;
  await rest(tenant_id, 60);
  for (const [place, ip] of ['10.9.0.50', '10.9.0.200'].entries())
    await allocated(contextOf(), node(network, place), ip);
  await released(contextOf(), node(network, 0));
  const written = async () => {
    const rows = sql<{ place: string }>`
      select host(first) || ' ' || host(last) || ' ' || xmin::text as place from mesh_free_ranges
      where tenant_id = ${tenant_id} order by first`;
    return (await rows.execute(deps.db)).rows.map(({ place }) => place);
  };
  const before = await written();
  expect(before).toHaveLength(4);
  await reserve(network, 0, '10.9.0.208/28', true);
  const after = await written();
  expect(after.slice(0, 3)).toEqual(before.slice(0, 3));
  expect(after.map((place) => place.split(' ')[0])).toEqual([
    ...['10.9.0.1', '10.9.0.50', '10.9.0.51', '10.9.0.201', '10.9.0.209', '10.9.0.224'],
  ]);
});

test('an address that rests is no part of what is free beside it, on neither side', async () => {
  const { deps } = server.app;
  const network = await newNetworkRows(deps, { cidr: '10.9.0.0/29', projects: 1, nodes: 6 });
  const { tenant_id } = network;
  for (const place of [0, 1, 2, 3, 4, 5]) await allocated(contextOf(), node(network, place));
  await rest(tenant_id, 60);
  await released(contextOf(), node(network, 2));
  await rest(tenant_id, 0);
  for (const place of [1, 3]) await released(contextOf(), node(network, place));
  const not_before = expect.any(String);
  expect(await freeRows(deps.db, tenant_id)).toEqual([
    { project_id: null, first: '10.9.0.2', last: '10.9.0.2', not_before: null },
    { project_id: null, first: '10.9.0.3', last: '10.9.0.3', not_before },
    { project_id: null, first: '10.9.0.4', last: '10.9.0.4', not_before: null },
  ]);
});

test('an address that was free beside its node all along is free once after its release', async () => {
  const { deps } = server.app;
  const network = await newNetworkRows(deps, { cidr: '10.9.0.0/29', projects: 1, nodes: 1 });
  const { tenant_id } = network;
  await allocated(contextOf(), node(network, 0), '10.9.0.3');
  await sql`update mesh_free_ranges set last = '10.9.0.3' where tenant_id = ${tenant_id} and first = '10.9.0.1'`.execute(
    deps.db,
  );
  await released(contextOf(), node(network, 0));
  expect((await freeRows(deps.db, tenant_id)).map(({ first, last }) => [first, last])).toEqual([
    ['10.9.0.1', '10.9.0.3'],
    ['10.9.0.4', '10.9.0.6'],
  ]);
});

// proves C26
test('nodes on the first and the last address of their sub-range keep them, and no other node gets these', async () => {
  const { deps } = server.app;
  const network = await newNetworkRows(deps, { cidr: '10.9.0.0/28', projects: 1, nodes: 5 });
  const { tenant_id } = network;
  for (const [place, ip] of ['10.9.0.8', '10.9.0.11'].entries()) await allocated(contextOf(), node(network, place), ip);
  await reserve(network, 0, '10.9.0.8/30', true);
  const next = async (place: number) => {
    // Whether there is room is then told by the addresses alone.
    await sql`delete from mesh_free_ranges where tenant_id = ${tenant_id}`.execute(deps.db);
    return (await allocated(contextOf(), node(network, place))).ip;
  };
  expect([await next(2), await next(3)]).toEqual(['10.9.0.9', '10.9.0.10']);
  expect(await refusalOf(next(4))).toMatchObject({ code: 'subrange_exhausted' });
  for (const place of [0, 1]) await released(contextOf(), node(network, place));
  expect(await freeRows(deps.db, tenant_id)).toEqual([]);
  expect(await refusalOf(next(4))).toMatchObject({ code: 'subrange_exhausted' });
});

test('addresses that rest where a sub-range has its first and its last one are free for nobody', async () => {
  const { deps } = server.app;
  const network = await newNetworkRows(deps, { cidr: '10.9.0.0/28', projects: 1, nodes: 3 });
  const { tenant_id } = network;
  await rest(tenant_id, 60);
  for (const [place, ip] of ['10.9.0.8', '10.9.0.9', '10.9.0.11'].entries()) {
    await allocated(contextOf(), node(network, place), ip);
    await released(contextOf(), node(network, place));
  }
  await reserve(network, 0, '10.9.0.8/30', true);
  expect((await freeRows(deps.db, tenant_id)).map(({ first, last }) => [first, last])).toEqual([
    ['10.9.0.1', '10.9.0.7'],
    ['10.9.0.9', '10.9.0.9'],
    ['10.9.0.10', '10.9.0.10'],
    ['10.9.0.12', '10.9.0.14'],
  ]);
});
