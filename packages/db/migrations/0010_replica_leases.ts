/**
 * Replicas answer from memory while they hold a lease, and a change of the remembered facts tells them: a lease is a
 * row, a change that its holder has not yet heard of is a mark, and a deleted mark is acknowledged. The protocol is
 * argued in docs/decisions/0008-leases.md. There is no time in these tables: each replica measures with its own clock.
 * Marks have no foreign key, because a revocation must not fail when a lease ends meanwhile.
 */
import { type Kysely, sql } from 'kysely';

export async function up(db: Kysely<unknown>): Promise<void> {
  await sql`
    create table replica_leases (
      id uuid not null,
      lease_ms integer not null,
      acks bigint not null default 0,
      constraint replica_leases_pkey primary key (id),
      constraint replica_leases_lease_ms_check check (lease_ms > 0)
    )`.execute(db);
  await sql`
    create table replica_marks (
      id uuid not null default gen_random_uuid(),
      replica_id uuid not null,
      tenant_ids uuid[] not null,
      constraint replica_marks_pkey primary key (id)
    )`.execute(db);
  await sql`create index replica_marks_replica_id_idx on replica_marks (replica_id)`.execute(db);

  // One statement, so that a process that stops in the middle of it holds nothing. The lock waits for every transaction
  // that has marked and can still commit, and lets none mark before the new lease is there to be seen. It must not
  // itself hold up the marks that queue behind it, hence the short wait; and no change waits for a lease that a crash
  // of the database has taken back, hence the synchronous commit.
  await sql`
    create function acquire_replica_lease(replica_id uuid, lease_ms integer) returns void language plpgsql as $$
    begin
      perform set_config('lock_timeout', '500ms', true), set_config('synchronous_commit', 'on', true);
      lock table replica_marks in share row exclusive mode;
      delete from replica_marks mark
        where not exists (select from replica_leases lease where lease.id = mark.replica_id);
      insert into replica_leases (id, lease_ms) values (replica_id, lease_ms);
    end
    $$`.execute(db);
}

export async function down(db: Kysely<unknown>): Promise<void> {
  await sql`drop function acquire_replica_lease(uuid, integer)`.execute(db);
  await sql`drop table replica_marks`.execute(db);
  await sql`drop table replica_leases`.execute(db);
}
