/**
 * A keyed digest of the plaintext beside its argon2id hash: the first verification of a key in a new process is then one
 * indexed read and an HMAC instead of a memory-hard computation (docs/decisions/0007). Without the pepper, which is not in
 * the database, it tells nothing. digest_pepper names the pepper, so that several can be valid while they rotate.
 */
import { type Kysely, sql } from 'kysely';

export async function up(db: Kysely<unknown>): Promise<void> {
  await sql`
    alter table api_keys
      add column digest bytea,
      add column digest_pepper text,
      add constraint api_keys_digest_check check ((digest is null) = (digest_pepper is null))`.execute(db);
}

export async function down(db: Kysely<unknown>): Promise<void> {
  await sql`
    alter table api_keys drop constraint api_keys_digest_check, drop column digest, drop column digest_pepper`.execute(
    db,
  );
}
