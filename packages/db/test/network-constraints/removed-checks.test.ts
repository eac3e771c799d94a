/** Each check across tables is needed: without its trigger, what it refuses goes through. */
import { sql } from 'kysely';
import { afterAll, expect, test } from 'vitest';
import type { Db } from '../../src/handles.ts';
import { testDatabase } from '../../src/testing.ts';
import { refusal, violated } from '../support.ts';
import {
  insertAddress,
  insertSubRange,
  type Network,
  newAddress,
  newNetwork,
  newNode,
  otherOf,
  setRange,
} from './rows.ts';

const database = await testDatabase();
const { db } = database;
afterAll(() => database.close());

interface Case {
  readonly table: 'tenants' | 'project_mesh_ip_reservations' | 'domain_mesh_ip_allocations';
  /** Makes what the statement meets, and returns the statement. */
  prepare(network: Network): Promise<(db: Db) => Promise<unknown>>;
}

const cases: Readonly<Record<string, Case>> = {
  tenants_mesh_cidr_in_use_check: {
    table: 'tenants',
    async prepare(network) {
      await newAddress(db, network, '10.20.9.1');
      return (handle) => setRange(handle, network, '10.20.0.0/24');
    },
  },
  project_mesh_ip_reservations_inside_check: {
    table: 'project_mesh_ip_reservations',
    prepare: async (network) => (handle) => insertSubRange(handle, network, '10.21.0.0/24'),
  },
  project_mesh_ip_reservations_in_use_check: {
    table: 'project_mesh_ip_reservations',
    async prepare(network) {
      await newAddress(db, otherOf(network), '10.20.9.1');
      return (handle) => insertSubRange(handle, network, '10.20.9.0/24');
    },
  },
  domain_mesh_ip_allocations_inside_check: {
    table: 'domain_mesh_ip_allocations',
    async prepare(network) {
      const node_id = await newNode(db, network);
      return (handle) => insertAddress(handle, network, { node_id, ip: '10.21.0.1' });
    },
  },
  domain_mesh_ip_allocations_sub_range_check: {
    table: 'domain_mesh_ip_allocations',
    async prepare(network) {
      const node_id = await newNode(db, network);
      await insertSubRange(db, otherOf(network), '10.20.9.0/24');
      return (handle) => insertAddress(handle, network, { node_id, ip: '10.20.9.1' });
    },
  },
};

// proves C25
test.each(Object.entries(cases))('%s alone refuses it', async (constraint, { table, prepare }) => {
  const write = await prepare(await newNetwork(db, '10.20.0.0/16'));
  expect(await refusal(write(db))).toEqual({ code: violated.check, constraint });
  const tx = await db.startTransaction().execute();
  await sql`drop trigger ${sql.id(constraint)} on ${sql.table(table)}`.execute(tx);
  await write(tx);
  await tx.rollback().execute();
  expect(await refusal(write(db))).toEqual({ code: violated.check, constraint });
});

test('these are all of them, each a constraint of its table that runs as its owner and that nobody else may call', async () => {
  const { rows } = await sql<{ name: string }>`
    select conname as name from pg_constraint join pg_trigger on tgconstraint = pg_constraint.oid
    join pg_proc on pg_proc.oid = tgfoid
    where contype = 't' and prosecdef and proconfig::text like '%search_path%'
      and not has_function_privilege('tenant_registry_tenant', pg_proc.oid, 'execute')
    order by conname collate "C"`.execute(db);
  expect(rows.map(({ name }) => name)).toEqual(Object.keys(cases).sort());
});
