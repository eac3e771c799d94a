/** Makes jobs, records, rules and holds by plain inserts, past every service. */
import { randomUUID } from 'node:crypto';
import { type Insertable, sql } from 'kysely';
import type { Db } from '../../src/handles.ts';
import type { AuditHolds, AuditJobRecords, AuditJobs, AuditRetention, DB } from '../../src/schema.ts';

/** The tables of what changes audit rows, and of what decides about it. */
export const auditJobTables = [
  'audit_holds',
  'audit_job_records',
  'audit_jobs',
  'audit_retention',
] as const satisfies readonly (keyof DB)[];

export function auditJobRowsOf(db: Db) {
  return {
    /** Resolves to the id of the job. */
    async job(values: Partial<Insertable<AuditJobs>> = {}): Promise<string> {
      const job = { id: randomUUID(), tenant_id: randomUUID(), kind: 'prune', ...values } as const;
      await db.insertInto('audit_jobs').values(job).execute();
      return job.id;
    },
    record: (values: Partial<Insertable<AuditJobRecords>> & { readonly job_id: string }) =>
      db
        .insertInto('audit_job_records')
        .values({ event_id: randomUUID(), tenant_id: randomUUID(), groups: [], leaves: '{[0,1)}', ...values })
        .execute(),
    rule: (values: Partial<Insertable<AuditRetention>> = {}) =>
      db
        .insertInto('audit_retention')
        .values({ days: 30, ...values })
        .execute(),
    hold: (values: Partial<Insertable<AuditHolds>>) =>
      db
        .insertInto('audit_holds')
        .values({ reason: 'x', ...values })
        .execute(),
    /** Runs the work in a transaction whose setting names the job, and resolves to what it resolves to. */
    within: <T>(job: string, work: (tx: Db) => Promise<T>): Promise<T> =>
      db.transaction().execute(async (tx) => {
        await sql`select set_config('app.audit_job', ${job}, true)`.execute(tx);
        return work(tx);
      }),
  };
}

/** What a redaction needs. */
export const asked = { kind: 'redact', groups: ['who'], actor_id: 'u1' } as const;
