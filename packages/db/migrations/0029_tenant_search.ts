/**
 * The search of tenants finds its rows by an index, whatever it looks for: it holds every run of one, two or three letters of
 * the slug and of the name, in lower case (docs/decisions/0043-search-by-runs-of-letters.md). New entries go straight into
 * the index: a list of pending ones would be read whole by every search. The function gives a high cost, so that no plan
 * makes the runs of rows that it reads.
 */
import { type Kysely, sql } from 'kysely';

export async function up(db: Kysely<unknown>): Promise<void> {
  await sql`
    create or replace function search_grams(value text, shortest int) returns text[]
    language plpgsql immutable parallel safe cost 1000 as $$
    declare
      letters text[] := string_to_array(lower(value), null);
      found text[] := '{}';
    begin
      if shortest <= 1 then found := letters; end if;
      if shortest <= 2 then
        for i in 1 .. cardinality(letters) - 1 loop found := found || (letters[i] || letters[i + 1]); end loop;
      end if;
      for i in 1 .. cardinality(letters) - 2 loop
        found := found || (letters[i] || letters[i + 1] || letters[i + 2]);
      end loop;
      return found;
    end $$`.execute(db);
  // Whoever changes a row makes its entries.
  await sql`grant execute on function search_grams(text, int) to tenant_registry_tenant`.execute(db);
  // Left by a "create index concurrently" that failed: it would be taken for the index, and never be used.
  await sql`
    do $$ begin
      if exists (select from pg_index where indexrelid = to_regclass('tenants_search_idx') and not indisvalid) then
        drop index tenants_search_idx;
      end if;
    end $$`.execute(db);
  // The order of a language would make each comparison of two entries dear.
  await sql`
    create index if not exists tenants_search_idx on tenants
    using gin ((search_grams(slug, 1) || search_grams(name, 1)) collate "C") with (fastupdate = off)`.execute(db);
}

export async function down(db: Kysely<unknown>): Promise<void> {
  await sql`drop index tenants_search_idx`.execute(db);
  await sql`drop function search_grams(text, int)`.execute(db);
}
