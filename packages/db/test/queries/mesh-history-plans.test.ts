// engine: postgres
/** The indexes that addresses of networks, and who had them, are found by. */
import { randomUUID } from 'node:crypto';
import { sql } from 'kysely';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { Db } from '../../src/handles.ts';
import * as meshHistory from '../../src/queries/mesh-history.ts';
import { type TestDatabase, testDatabase } from '../../src/testing.ts';
import { plansOf, rowsRead } from '../plans.ts';
import { newTenant } from '../support.ts';

/** Of each address there are fifty events, and of one of them a thousand more. */
const ADDRESSES = 600;
const EVENTS = 50;
const MORE = 1_000;
/** The one of which there are many. */
const BUSY = '10.0.1.244';
const LIMIT = 8;
const project_id = randomUUID();

let database: TestDatabase;
let tenant_id: string;
beforeAll(async () => {
  database = await testDatabase();
  const { db } = database;
  tenant_id = await newTenant(db);
  await sql`
    insert into audit_log (tenant_id, project_id, actor_type, actor_id, action, target_type, target_id, origin, metadata, created_at)
    select ${tenant_id}, ${project_id}, 'system', 'bench',
      case n % 2 when 0 then 'mesh_address.allocated' else 'mesh_address.released' end, 'mesh_address',
      ${`${tenant_id}/`} || host('10.0.0.0'::inet + a), 'registry',
      jsonb_build_object('node_id', ${project_id}::text, 'node_name', 'edge', 'allocated_at', '2026-01-01T00:00:00Z'),
      timestamptz '2026-01-01' + (n * ${ADDRESSES}::int + a) * interval '1 second'
    from generate_series(1, ${ADDRESSES}::int) as a,
      generate_series(0, ${EVENTS - 1}::int + case a when 500 then ${MORE}::int else 0 end) as n`.execute(db);
  await sql`analyze audit_log`.execute(db);
});
afterAll(() => database.close());

// proves C26
test.each([
  ['the owner', null],
  ['the role of the tenant', { project_id: null }],
  ['the role of the tenant, in a project', { project_id }],
])('among 30,000 events %s reads those of one address by one index, and no later or other ones', async (_, scope) => {
  const db: Db = scope === null ? database.db : database.forTenant({ tenant_id, ...scope });
  const middle = new Date(Date.UTC(2026, 0, 1) + (ADDRESSES * EVENTS * 1_000) / 2);
  const begins = [
    { until: middle },
    { until: new Date('2027-01-01') },
    { after: [middle.toISOString(), randomUUID()] as const },
  ];
  for (const ip of [BUSY, '10.0.1.10'])
    for (const begin of begins) {
      const asked = { tenant_id, ip, limit: LIMIT, ...begin };
      const plan = await plansOf(db, (handle) => meshHistory.listMeshAddressEvents(handle, asked));
      expect(plan.flatMap((node) => node['Index Name'] ?? [])).toEqual(['audit_log_target_id_created_at_id_idx']);
      expect(plan.map((node) => node['Node Type'])).not.toContain('Sort');
      expect(rowsRead(plan)).toBe(LIMIT);
    }
  const early = { tenant_id, ip: BUSY, limit: LIMIT, until: new Date('2025-12-31') };
  const none = await plansOf(db, (handle) => meshHistory.listMeshAddressEvents(handle, early));
  expect(rowsRead(none)).toBe(0);
});

test('the address of this moment is found by its key', async () => {
  const asked = { tenant_id, ip: '10.0.1.10', limit: LIMIT };
  const plan = await plansOf(database.db, (handle) => meshHistory.listMeshAddressEventsNow(handle, asked));
  expect(plan.flatMap((node) => node['Index Name'] ?? []).toSorted()).toEqual([
    'audit_log_target_id_created_at_id_idx',
    'domain_mesh_ip_allocations_pkey',
    'nodes_pkey',
  ]);
});
