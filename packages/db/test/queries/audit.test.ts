import { randomUUID } from 'node:crypto';
import { sql } from 'kysely';
import { afterAll, describe, expect, test } from 'vitest';
import { migrateDown, migrateUp } from '../../src/migrate.ts';
import { migrations } from '../../src/migrations.ts';
import { type AuditOrigin, appendAuditEvent, appendAuditEvents, findAuditEvent } from '../../src/queries/audit.ts';
import { testDatabase } from '../../src/testing.ts';
import { closedAfterTest, newTenant, refusal, violated } from '../support.ts';

const database = await testDatabase();
const { db } = database;
afterAll(() => database.close());

const ofRegistry: AuditOrigin = { origin: 'registry' };
const reported: AuditOrigin = { origin: 'reported', reported_by: 'internal_token' };
const event = { actor_type: 'user', actor_id: '1', action: 'tenant.created', metadata: {} };

describe('the origin of an audit row', () => {
  test.each([
    [ofRegistry, { origin: 'registry', reported_by: null }],
    [reported, reported],
  ])('is kept as its writer says: %o', async (origin, kept) => {
    expect(await appendAuditEvent(db, { ...event, ...origin })).toMatchObject(kept);
    const id = randomUUID();
    const now = new Date();
    const facts = { id, is_failure: false, occurred_at: now, created_at: now };
    await appendAuditEvents(db, [{ ...event, ...facts, ...origin }]);
    expect(await findAuditEvent(db, id)).toMatchObject(kept);
  });

  test('is "reported" for a writer that says nothing: the registry must claim a row to vouch for it', async () => {
    const row = await sql`insert into audit_log (actor_type, actor_id, action) values ('user', '1', 'x')
      returning origin, reported_by`.execute(db);
    expect(row.rows).toEqual([{ origin: 'reported', reported_by: null }]);
  });

  test.each([
    ['another word', { origin: 'operator', reported_by: null }, 'audit_log_origin_check'],
    ["the registry's own row with a reporter", { origin: 'registry', reported_by: 'x' }, 'audit_log_reported_by_check'],
  ])('is never %s', async (_, { origin, reported_by }, constraint) => {
    const insert = sql`insert into audit_log (actor_type, actor_id, action, origin, reported_by)
      values ('user', '1', 'x', ${origin}, ${reported_by})`.execute(db);
    expect(await refusal(insert)).toEqual({ code: violated.check, constraint });
  });

  test('of a row from before the column is "reported" by nothing, and the row still outlives its tenant', async () => {
    const { db: old } = await closedAfterTest(testDatabase());
    const steps = Object.keys(migrations).length - Object.keys(migrations).indexOf('0013_audit_log_origin');
    await migrateDown(old, steps);
    const tenant_id = await newTenant(old);
    await sql`insert into audit_log (tenant_id, actor_type, actor_id, action)
      values (${tenant_id}, 'operator', 'operator_token', 'tenant.created')`.execute(old);
    await migrateUp(old);
    await old.deleteFrom('tenants').where('id', '=', tenant_id).execute();
    const rows = await old.selectFrom('audit_log').select(['tenant_id', 'origin', 'reported_by']).execute();
    expect(rows).toEqual([{ tenant_id: null, origin: 'reported', reported_by: null }]);
  });
});
