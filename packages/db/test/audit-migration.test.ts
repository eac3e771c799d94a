/** The migration to Merkle logs, up and down, with rows from before. */
import { sql } from 'kysely';
import { expect, test } from 'vitest';
import { migrateDown, migrateUp } from '../src/migrate.ts';
import { migrations } from '../src/migrations.ts';
import { emptyDatabase } from '../src/testing.ts';
import { catalogue } from './catalogue.ts';
import { closedAfterTest, newTenant } from './support.ts';

const before = Object.keys(migrations).indexOf('0028_audit_proofs');
const PLATFORM_LOG = '00000000-0000-0000-0000-000000000000';

// proves C23
test('rows from before get tickets in their logs, and nothing is left after the way down', async () => {
  const { db } = await closedAfterTest(emptyDatabase());
  await migrateUp(db, before);
  const first = await catalogue(db);
  const [living, gone] = [await newTenant(db), await newTenant(db)];
  for (const tenant_id of [living, living, gone, null])
    await sql`
      insert into audit_log (tenant_id, tenant_slug, actor_type, actor_id, action, origin)
      values (${tenant_id}, 'x', 'user', 'u', 'x', 'registry')`.execute(db);
  await sql`delete from tenants where id = ${gone}`.execute(db);
  const tickets = async () => {
    const { rows } = await sql<{ log: string; n: number }>`
      select u.tenant_id as log, count(*) as n from audit_unsealed u join audit_log a on a.id = u.event_id
      group by u.tenant_id order by u.tenant_id`.execute(db);
    return rows.map(({ log, n }) => [log, n]);
  };
  // Whose a row was that lost its tenant, nothing says any more: it is sealed in the log of the platform.
  const expected = [
    [PLATFORM_LOG, 2],
    [living, 2],
  ];
  await migrateUp(db, 1);
  const second = await catalogue(db);
  expect(await tickets()).toEqual(expected);
  await migrateDown(db, 1);
  expect(await catalogue(db)).toEqual(first);
  await expect(sql`delete from audit_log`.execute(db)).rejects.toThrow('append-only');
  await migrateUp(db, 1);
  expect(await catalogue(db)).toEqual(second);
  expect(await tickets()).toEqual(expected);
});
