/**
 * The version that a write made is one row of an index, however often the key was written since. A write is named by the
 * caller's Idempotency-Key, and is looked for with each write that has one where another store has the current values. The
 * version is in the index so that the planner does not prefer the one of all versions, which is in the order that is asked for.
 */
import { type Kysely, sql } from 'kysely';

export async function up(db: Kysely<unknown>): Promise<void> {
  await sql`
    create index config_revisions_project_id_config_key_write_id_version_idx
    on config_revisions (project_id, config_key, write_id, version)`.execute(db);
}

export async function down(db: Kysely<unknown>): Promise<void> {
  await sql`drop index config_revisions_project_id_config_key_write_id_version_idx`.execute(db);
}
