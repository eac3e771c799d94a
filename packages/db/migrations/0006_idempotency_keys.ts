/**
 * Idempotency keys, by which a repeated request is carried out once. A row is claimed before the work, marked inside
 * the work's own transaction, and completed with the answer: so a crash between any two of these steps can be told
 * apart later. The answer is text: jsonb would give its members back in another order, and a replay must be equal to
 * the byte.
 */
import { type Kysely, sql } from 'kysely';

export async function up(db: Kysely<unknown>): Promise<void> {
  await sql`
    create table idempotency_keys (
      principal text not null,
      key text not null,
      request_hash text not null,
      claim_id uuid not null,
      lease_until timestamptz not null,
      committed_at timestamptz,
      body text,
      created_at timestamptz not null default now(),
      constraint idempotency_keys_pkey primary key (principal, key),
      constraint idempotency_keys_key_check check (length(key) between 1 and 255)
    )`.execute(db);
  await sql`create index idempotency_keys_created_at_idx on idempotency_keys (created_at)`.execute(db);
}

export async function down(db: Kysely<unknown>): Promise<void> {
  await sql`drop table idempotency_keys`.execute(db);
}
