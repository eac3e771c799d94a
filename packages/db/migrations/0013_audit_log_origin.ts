/**
 * The audit log tells the registry's own rows from those that products report: origin is set by the registry, and
 * reported_by names the credential that reported the row. Rows from before this column become `reported` with no
 * reported_by. Most of them are the registry's own, but nothing in them proves it: until now a product could write any
 * action and any actor, and `registry` would turn a forged row into evidence. The default also covers a replica of the
 * older version that writes while the replicas are replaced: only a statement that says `registry` gets it. The trigger
 * that keeps the log append-only refuses updates, so a default, which needs none, is also the only way to fill old rows.
 */
import { type Kysely, sql } from 'kysely';

export async function up(db: Kysely<unknown>): Promise<void> {
  await sql`
    alter table audit_log
      add column origin text not null default 'reported',
      add column reported_by text,
      add constraint audit_log_origin_check check (origin in ('registry', 'reported')),
      add constraint audit_log_reported_by_check check (origin = 'reported' or reported_by is null)`.execute(db);
}

export async function down(db: Kysely<unknown>): Promise<void> {
  await sql`
    alter table audit_log
      drop constraint audit_log_reported_by_check,
      drop constraint audit_log_origin_check,
      drop column reported_by,
      drop column origin`.execute(db);
}
