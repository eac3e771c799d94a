// engine: postgres
/** The indexes that proofs are made from, by the account of the planner: for the registry itself and for a tenant. */
import { sql } from 'kysely';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { Db, Tx } from '../../src/handles.ts';
import * as auditProofs from '../../src/queries/audit-proofs.ts';
import * as auditSealing from '../../src/queries/audit-sealing.ts';
import { type TestDatabase, testDatabase } from '../../src/testing.ts';
import { type Plan, plansOf, rowsRead } from '../plans.ts';

const TENANT = '01890000-0000-7000-8000-000000000001';
const LEAVES = 60_000;
const CHECKPOINTS = 20_000;
/** The first leaf that is in no full tile. */
const REST = LEAVES - (LEAVES % 256);

let database: TestDatabase;
beforeAll(async () => {
  database = await testDatabase();
  const { db } = database;
  const hash = sql`decode(repeat('ab', 32), 'hex')`;
  await sql`
    insert into audit_leaves (tenant_id, index, event_id, hash, who_hash, what_hash)
    select ${TENANT}, i, ('01890000-0000-7000-8000-' || lpad(to_hex(i), 12, '0'))::uuid, ${hash}, ${hash}, ${hash}
    from generate_series(0, ${LEAVES - 1}::int) as i`.execute(db);
  await sql`
    insert into audit_tiles (tenant_id, level, tile, hashes)
    select ${TENANT}, 0, i, decode(repeat('ab', 8192), 'hex') from generate_series(0, ${REST / 256 - 1}::int) as i`.execute(
    db,
  );
  await sql`
    insert into audit_tiles (tenant_id, level, tile, hashes)
    select gen_random_uuid(), 1, 0, ${hash} from generate_series(1, 20000)`.execute(db);
  await sql`
    insert into audit_checkpoints (tenant_id, size, root, note, registry_index)
    select ${TENANT}, i, ${hash}, 'note', i from generate_series(1, ${CHECKPOINTS}::int) as i`.execute(db);
  // Of every log but a few all that there is was signed.
  await sql`
    insert into audit_logs (tenant_id, size, checked_size, frontier)
    select gen_random_uuid(), 2, case when i % 2000 = 0 then 1 else 2 end, ${hash} from generate_series(1, 20000) as i`.execute(
    db,
  );
  for (const table of ['audit_leaves', 'audit_tiles', 'audit_checkpoints', 'audit_logs'])
    await sql`analyze ${sql.table(table)}`.execute(db);
}, 120_000);
afterAll(() => database.close());

const scanned = (plan: readonly Plan[]) =>
  plan.filter((node) => node['Node Type'] === 'Seq Scan').map((node) => node['Relation Name']);

describe.each(['the registry', 'the tenant'])('for %s', (who) => {
  const handle = (): Db =>
    who === 'the registry' ? database.db : database.forTenant({ tenant_id: TENANT, project_id: null });
  const eventId = `01890000-0000-7000-8000-${(LEAVES - 5).toString(16).padStart(12, '0')}`;

  test.each([undefined, 17])('a leaf and its checkpoint of size %s are found by their keys', async (size) => {
    expect(await auditProofs.findProvableLeaf(handle(), eventId, size)).toMatchObject({
      ...{ log: TENANT, index: LEAVES - 5, size: size ?? CHECKPOINTS },
    });
    const plan = await plansOf(handle(), (db) => auditProofs.findProvableLeaf(db, eventId, size));
    expect([scanned(plan), rowsRead(plan)]).toEqual([[], 1]);
  });

  test('tiles are found by their keys, and the one that is not full from its leaves alone', async () => {
    const places = [0, 17, REST / 256].map((tile) => ({ log: TENANT, level: 0, tile }));
    const found = await auditProofs.listTileHashes(handle(), places);
    expect(found.map(({ tile, hashes }) => [tile, hashes.length / 32])).toEqual([
      [0, 256],
      [17, 256],
      [REST / 256, LEAVES - REST],
    ]);
    const plan = await plansOf(handle(), (db) => auditProofs.listTileHashes(db, places));
    expect(scanned(plan)).toEqual([]);
    expect(rowsRead(plan)).toBeLessThanOrEqual(256);
  });
});

test('logs that grew are found without those that did not, in batches by id', async () => {
  const { db } = database;
  const first = await auditSealing.listGrownLogs(db, { after: null, limit: 4 });
  const rest = await auditSealing.listGrownLogs(db, { after: first.at(-1)?.tenant_id ?? null, limit: 100 });
  const ids = [...first, ...rest].map(({ tenant_id }) => tenant_id);
  expect([ids.length, ids]).toEqual([10, [...new Set(ids)].sort()]);
  const plan = await plansOf(db, (each) => auditSealing.listGrownLogs(each as Tx, { after: null, limit: 500 }));
  expect(scanned(plan)).toEqual([]);
  expect(rowsRead(plan)).toBeLessThanOrEqual(10);
});
