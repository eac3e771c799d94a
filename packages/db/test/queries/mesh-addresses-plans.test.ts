// engine: postgres
/** The plans of the statements of addresses, by the account of the planner, for the platform and for the role of tenants. */
import { sql } from 'kysely';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { Db, Tx } from '../../src/handles.ts';
import * as meshAddresses from '../../src/queries/mesh-addresses.ts';
import * as meshFreeRanges from '../../src/queries/mesh-free-ranges.ts';
import { type TestDatabase, testDatabase } from '../../src/testing.ts';
import { type Plan, plansOf, plansRolledBack, rowsRead } from '../plans.ts';

const ROWS = 10_000;
const TENANTS = ['01890000-0000-7000-8000-000000000001', '01890000-0000-7000-8000-000000000002'] as const;
const [TENANT] = TENANTS;
const PROJECT = '01890000-0000-7000-8000-000000000003';
const now = new Date('2026-06-01T00:00:00.000Z');
const later = new Date(now.getTime() + 1_000);

let database: TestDatabase;
let owner: meshAddresses.AddressOwner;
beforeAll(async () => {
  database = await testDatabase();
  for (const tenant of TENANTS) await fill(database.db, tenant);
  for (const table of ['mesh_free_ranges', 'domain_mesh_ip_allocations', 'nodes', 'tenants'])
    await sql`analyze ${sql.table(table)}`.execute(database.db);
  const { rows } = await sql<{ id: string }>`
    select id from nodes where tenant_id = ${TENANT} and name = 'n0'`.execute(database.db);
  owner = { tenant_id: TENANT, project_id: PROJECT, node_id: rows[0]?.id ?? '' };
}, 120_000);
afterAll(() => database.close());

/** Every fourth address is a node's; the one behind it rests in the lower half of them, and is free in the upper one. */
async function fill(db: Db, tenant: string): Promise<void> {
  const project = tenant === TENANT ? PROJECT : tenant;
  await sql`
    insert into tenants (id, slug, name, status, mesh_cidr, mesh_space)
    values (${tenant}, ${`s${tenant}`}, 'Acme', 'active', '10.0.0.0/8', ${`s${tenant}`})`.execute(db);
  await sql`insert into tenant_projects (tenant_id, id, slug, name) values (${tenant}, ${project}, 'p', 'P')`.execute(
    db,
  );
  await sql`
    insert into resources (id, tenant_id, project_id, kind, name, origin)
    values (${tenant}, ${tenant}, ${project}, 'server', 'rack', 'adopted')`.execute(db);
  await sql`
    insert into nodes (tenant_id, project_id, resource_id, name)
    select ${tenant}::uuid, ${project}::uuid, ${tenant}::uuid, 'n' || i from generate_series(0, ${ROWS}::int) as i`.execute(
    db,
  );
  await sql`
    insert into domain_mesh_ip_allocations (tenant_id, ip, project_id, node_id)
    select tenant_id, '10.0.0.0'::inet + 4 * substr(name, 2)::bigint, project_id, id
    from nodes where tenant_id = ${tenant} and name <> 'n0'`.execute(db);
  await sql`
    insert into mesh_free_ranges (tenant_id, first, last, not_before)
    select ${tenant}::uuid, '10.0.0.1'::inet + 4 * i, '10.0.0.1'::inet + 4 * i,
      case when i <= ${ROWS}::int / 2 then ${later.toISOString()}::timestamptz + i * interval '1 second' end
    from generate_series(1, ${ROWS}::bigint) as i`.execute(db);
}

/** Rows of a network that were not found by an index. */
const scanned = (plan: readonly Plan[]) =>
  plan.flatMap((node) =>
    node['Node Type'] === 'Seq Scan' && /^(mesh|domain)/.test(node['Relation Name'] ?? '') ? node['Relation Name'] : [],
  );
const indexesOf = (plan: readonly Plan[]) => new Set(plan.flatMap((node) => node['Index Name'] ?? []));

const scopes = {
  'the platform': () => database.db,
  'a tenant': () => database.forTenant({ tenant_id: TENANT, project_id: null }),
  'a project': () => database.forTenant({ tenant_id: TENANT, project_id: PROJECT }),
};
const options = () => ({ owner, now });

const statements = {
  'the lowest address is taken': (tx: Tx) => meshAddresses.insertLowestAddress(tx, { ...options(), pool: true }),
  'a named address is taken': (tx: Tx) => meshAddresses.insertNamedAddress(tx, { ...options(), ip: '10.0.156.1' }),
  'an address becomes free': (tx: Tx) =>
    meshFreeRanges.insertFreeAddress(tx, { ...owner, ip: '10.0.128.2', not_before: null }),
  'an address rests': (tx: Tx) =>
    meshFreeRanges.insertFreeAddress(tx, { ...owner, ip: '10.0.128.2', not_before: later }),
  'the address of a node is taken away': (tx: Tx) => meshAddresses.deleteAddress(tx, owner),
};

// proves C26
test.each(
  Object.entries(scopes).flatMap(([who, handle]) =>
    Object.entries(statements).map(([what, statement]) => [what, who, handle, statement] as const),
  ),
)(
  '%s for %s by a few probes of indexes, whatever is free, rests or is used',
  async (_what, _who, handle, statement) => {
    const plan = await plansRolledBack(handle(), statement);
    expect(scanned(plan)).toEqual([]);
    expect(rowsRead(plan)).toBeLessThanOrEqual(4);
  },
);

// proves C26
test('the lowest free address lies behind thousands that rest, and is the first row of its index', async () => {
  const plan = await plansRolledBack(database.db, statements['the lowest address is taken']);
  expect(indexesOf(plan)).toContain('mesh_free_ranges_tenant_id_project_id_first_idx');
  const tx = await database.db.startTransaction().execute();
  expect(await statements['the lowest address is taken'](tx)).toEqual({ ip: '10.0.78.37', taken: true });
  await tx.rollback().execute();
});

test('networks with addresses that have rested are found by the index, and none is read when none has', async () => {
  const plan = await plansOf(database.db, (db) => meshFreeRanges.listRestedNetworks(db, now, 100));
  expect(scanned(plan)).toEqual([]);
  expect(rowsRead(plan)).toBe(0);
  expect(await meshFreeRanges.listRestedNetworks(database.db, new Date(later.getTime() + 1_000), 100)).toEqual(TENANTS);
});
