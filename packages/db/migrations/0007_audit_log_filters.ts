/**
 * Every documented filter of the audit log, and the list without one, reads its page from an index in the order of the
 * page, so that the thousandth page costs what the first does, however many rows there are. The first part of an
 * action has an index of its own for `tenant.*`: an index on the whole action finds those rows too, but in the order
 * of the action, and would have to sort them all for one page. The index of all rows sorts by an expression, so that
 * only the list without a filter can take it: see listAuditEvents.
 */
import { type Kysely, sql } from 'kysely';

export async function up(db: Kysely<unknown>): Promise<void> {
  await sql`create index audit_log_newest_idx on audit_log ((created_at at time zone 'UTC') desc, id desc)`.execute(db);
  await sql`create index audit_log_target_id_created_at_id_idx on audit_log (target_id, created_at desc, id desc)`.execute(
    db,
  );
  await sql`create index audit_log_action_created_at_id_idx on audit_log (action, created_at desc, id desc)`.execute(
    db,
  );
  await sql`
    create index audit_log_action_part_created_at_id_idx
    on audit_log (split_part(action, '.', 1), created_at desc, id desc)`.execute(db);
}

export async function down(db: Kysely<unknown>): Promise<void> {
  await sql`drop index audit_log_action_part_created_at_id_idx`.execute(db);
  await sql`drop index audit_log_action_created_at_id_idx`.execute(db);
  await sql`drop index audit_log_target_id_created_at_id_idx`.execute(db);
  await sql`drop index audit_log_newest_idx`.execute(db);
}
