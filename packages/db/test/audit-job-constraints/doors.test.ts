/** The triggers that keep audit rows and events as they are, and the one door in them. */
import { randomUUID } from 'node:crypto';
import { type RawBuilder, sql } from 'kysely';
import { afterAll, describe, expect, test } from 'vitest';
import { testDatabase } from '../../src/testing.ts';
import { newTenant, refusal, violated } from '../support.ts';
import { asked, auditJobRowsOf } from './rows.ts';

const database = await testDatabase();
const { db } = database;
const rows = auditJobRowsOf(db);
afterAll(() => database.close());

const appendOnly = { code: violated.restrict, constraint: 'audit_log_append_only' };
const unchanged = { code: violated.restrict, constraint: 'events_unchanged' };
const finished_at = '2026-01-01T00:00:00Z';

async function auditRow(action = 'x', tenant_id: string | null = null): Promise<string> {
  const row = { tenant_id, actor_type: 'user', actor_id: '1', target_id: '2', action, origin: 'registry' } as const;
  return (await db.insertInto('audit_log').values(row).returning('id').executeTakeFirstOrThrow()).id;
}

const redaction = () => rows.job({ ...asked, groups: [...asked.groups] });
const pruning = () => rows.job();
const release = () => rows.job({ kind: 'release' });

const changes: Readonly<Record<string, RawBuilder<unknown>>> = {
  who: sql`actor_id = 'redacted', actor_name = null, source_ip = null, reported_by = null`,
  what: sql`target_id = 'redacted', target_name = null, description = null, metadata = '{}', external_id = null, extra = null`,
  action: sql`action = 'y', actor_id = 'redacted'`,
  created_at: sql`created_at = now() + interval '1 day'`,
  'no tenant': sql`tenant_id = null`,
  'another tenant': sql`tenant_id = gen_random_uuid()`,
};

async function attempt(job: string, what: string, id: string): Promise<'done' | typeof appendOnly> {
  const change = changes[what];
  const statement =
    change === undefined
      ? sql`delete from audit_log where id = ${id}`
      : sql`update audit_log set ${change} where id = ${id}`;
  const done = rows.within(job, (tx) => statement.execute(tx)).then(() => 'done' as const);
  return done.catch(async () => (await refusal(done)) as typeof appendOnly);
}

describe('an audit row', () => {
  // proves A22
  test.each([
    ['a redaction blanks', redaction, ['who', 'what']],
    ['a job of old rows deletes', pruning, ['deletion']],
    ['the release of a deleted tenant lets go of', release, ['no tenant']],
  ])('%s it and does nothing else to it', async (_, open, allowed) => {
    const job = await open();
    const tenant_id = await newTenant(db);
    for (const what of [...Object.keys(changes), 'deletion'])
      expect([what, await attempt(job, what, await auditRow('x', tenant_id))]).toEqual([
        what,
        allowed.includes(what) ? 'done' : appendOnly,
      ]);
  });

  test.each([
    ['unknown', async () => randomUUID()],
    ['done', () => rows.job({ status: 'done', finished_at })],
    ['named by nothing', async () => ''],
  ])('stays as it is for a job that is %s', async (_, job) => {
    for (const what of ['who', 'deletion', 'no tenant'])
      expect(await attempt(await job(), what, await auditRow())).toEqual(appendOnly);
  });

  test('that tells of what a job did is neither blanked nor deleted', async () => {
    for (const action of ['audit.redacted', 'audit.pruned']) {
      expect(await attempt(await redaction(), 'what', await auditRow(action))).toEqual(appendOnly);
      expect(await attempt(await pruning(), 'deletion', await auditRow(action))).toEqual(appendOnly);
      const tenant_id = await newTenant(db);
      expect(await attempt(await release(), 'no tenant', await auditRow(action, tenant_id))).toBe('done');
    }
  });

  test('is never truncated, whatever job is open', async () => {
    const truncate = rows.within(await pruning(), (tx) => sql`truncate audit_log`.execute(tx));
    expect(await refusal(truncate)).toEqual(appendOnly);
  });
});

describe('an event of the log', () => {
  // proves A22
  test('loses payload and target by a redaction and by no other job, and nothing else', async () => {
    const event = { aggregate_type: 'user', aggregate_id: 'u1', event_type: 'user.created' };
    const id = randomUUID();
    await sql`
      insert into events (position, id, aggregate_type, aggregate_id, event_type, payload, occurred_at)
      values (1, ${id}, ${event.aggregate_type}, ${event.aggregate_id}, ${event.event_type}, '{"a":1}', now())`.execute(
      db,
    );
    const blank = (change: RawBuilder<unknown>) => (tx: typeof db) => sql`update events set ${change}`.execute(tx);
    const emptied = blank(sql`payload = '{}', aggregate_id = 'redacted'`);
    for (const job of [await pruning(), await release(), randomUUID(), ''])
      expect(await refusal(rows.within(job, emptied))).toEqual(unchanged);
    const job = await redaction();
    expect(await refusal(rows.within(job, blank(sql`payload = '{}', event_type = 'y'`)))).toEqual(unchanged);
    await rows.within(job, emptied);
    const row = await db.selectFrom('events').selectAll().executeTakeFirstOrThrow();
    expect(row).toMatchObject({ id, aggregate_id: 'redacted', event_type: 'user.created', payload: {} });
  });
});
