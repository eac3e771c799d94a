import { randomUUID } from 'node:crypto';
import { afterAll, describe, expect, test } from 'vitest';
import { testDatabase } from '../../src/testing.ts';
import { refusal, violated } from '../support.ts';
import { asked, auditJobRowsOf } from './rows.ts';

const database = await testDatabase();
const rows = auditJobRowsOf(database.db);
afterAll(() => database.close());

const groups = [...asked.groups];
const finished_at = '2026-01-01T00:00:00Z';

describe('a job', () => {
  test('has an id of its own', async () => {
    const id = await rows.job();
    expect(await refusal(rows.job({ id }))).toEqual({ code: violated.unique, constraint: 'audit_jobs_pkey' });
  });

  test.each([
    ['is of a kind that there is', { kind: 'rename' as never }, 'audit_jobs_kind_check'],
    ['is open or done', { status: 'lost' }, 'audit_jobs_status_check'],
    ['that is done has an end', { status: 'done' }, 'audit_jobs_status_check'],
    ['that is open has none', { finished_at }, 'audit_jobs_status_check'],
    ['that redacts has groups', { ...asked, groups: [] }, 'audit_jobs_groups_check'],
    ['that does not redact has none', { groups }, 'audit_jobs_groups_check'],
    ['has no groups but who and what', { ...asked, groups: ['when'] }, 'audit_jobs_groups_check'],
    ['that redacts says whom it is about', { ...asked, groups, actor_id: null }, 'audit_jobs_subject_check'],
    ['that is done says it no more', { ...asked, groups, status: 'done', finished_at }, 'audit_jobs_subject_check'],
    ['that does not redact names nobody', { target_id: 'u1' }, 'audit_jobs_subject_check'],
    ['that does not redact names no address', { source_ip: '203.0.113.1' }, 'audit_jobs_subject_check'],
  ])('%s', async (_, values, constraint) => {
    expect(await refusal(rows.job(values))).toEqual({ code: violated.check, constraint });
  });

  test('is done without a subject', async () => {
    await rows.job({ ...asked, groups, actor_id: null, status: 'done', finished_at });
    await rows.job({ kind: 'release', status: 'done', finished_at });
  });
});

describe('the record of a batch', () => {
  test('is one for each audit row that tells of it', async () => {
    const [job_id, event_id] = [await rows.job(), randomUUID()];
    await rows.record({ job_id, event_id });
    expect(await refusal(rows.record({ job_id, event_id }))).toEqual({
      code: violated.unique,
      constraint: 'audit_job_records_pkey',
    });
  });

  test('names a job that there is, some leaves, and no groups but who and what', async () => {
    expect(await refusal(rows.record({ job_id: randomUUID() }))).toEqual({
      code: violated.foreignKey,
      constraint: 'audit_job_records_job_id_fkey',
    });
    const job_id = await rows.job();
    for (const [values, constraint] of [
      [{ leaves: '{}' }, 'audit_job_records_leaves_check'],
      [{ groups: ['when'] }, 'audit_job_records_groups_check'],
    ] as const)
      expect(await refusal(rows.record({ job_id, ...values, groups: [...(values.groups ?? [])] }))).toEqual({
        code: violated.check,
        constraint,
      });
  });
});

describe('of one scope', () => {
  test('there is one rule and one hold, also where the scope names no tenant or no product', async () => {
    const [tenant_id, product] = [randomUUID(), randomUUID()];
    for (const scope of [{ tenant_id, product }, { tenant_id }, { product }]) {
      await rows.rule(scope);
      await rows.hold(scope);
      const unique = (constraint: string) => ({ code: violated.unique, constraint });
      expect(await refusal(rows.rule(scope))).toEqual(unique('audit_retention_tenant_id_product_key'));
      expect(await refusal(rows.hold(scope))).toEqual(unique('audit_holds_tenant_id_product_key'));
    }
  });

  test('a rule keeps rows from 30 to 36,500 days', async () => {
    for (const days of [29, 36_501]) {
      const refused = await refusal(rows.rule({ product: randomUUID(), days }));
      expect(refused).toEqual({ code: violated.check, constraint: 'audit_retention_days_check' });
    }
  });

  test('a hold is of a tenant or of a product', async () => {
    expect(await refusal(rows.hold({}))).toEqual({ code: violated.check, constraint: 'audit_holds_scope_check' });
  });
});
