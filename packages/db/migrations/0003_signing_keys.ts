/** Secrets on which all replicas must agree; the first replica makes each. Today: the key that signs page cursors. */
import { type Kysely, sql } from 'kysely';

export async function up(db: Kysely<unknown>): Promise<void> {
  await sql`
    create table signing_keys (
      purpose text not null,
      secret bytea not null,
      created_at timestamptz not null default now(),
      constraint signing_keys_pkey primary key (purpose),
      constraint signing_keys_secret_check check (octet_length(secret) = 32)
    )`.execute(db);
}

export async function down(db: Kysely<unknown>): Promise<void> {
  await sql`drop table signing_keys`.execute(db);
}
