// engine: none
/** A migration only extends what the previous release uses, which serves beside it. */
import { readdirSync, readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { contractionsOf } from './expand-only.ts';

const folder = new URL('../migrations/', import.meta.url);
/** Earlier ones have landed as they are. */
const FIRST = '0029';

test('no migration takes anything from the previous release, unless it says why it may', () => {
  const names = readdirSync(folder).filter((name) => /^\d{4}_.*\.ts$/.test(name) && name >= FIRST);
  const found = names.map((name) => [name, contractionsOf(readFileSync(new URL(name, folder), 'utf8'))]);
  expect(found.filter(([, rules = []]) => rules.length > 0)).toEqual([]);
});

const statements: readonly [string, number][] = [
  ['alter table tenants drop column plan', 1],
  ['alter table tenants rename to customers', 1],
  ['alter table tenants alter column slug type text', 1],
  ['alter table tenants alter column plan set not null', 1],
  ['alter table tenants add column tier text not null', 1],
  ["alter table tenants add column tier text not null default 'a', add column note text", 0],
  ['alter table tenants add constraint tenants_tier_check check (true)', 1],
  ['alter table tenants add constraint tenants_tier_check check (true) not valid', 0],
  ['create index tenants_tier_idx on tenants (tier)', 1],
  ['create index if not exists tenants_tier_idx on tenants (tier)', 0],
];
test.each(statements)('%s', (statement, mistakes) => {
  const text = `export async function up(db) { await sql\`${statement}\`.execute(db); }`;
  expect(contractionsOf(text)).toHaveLength(mistakes);
  expect(contractionsOf(`// contract: nothing uses it since 0.5\n${text}`)).toEqual([]);
});

test('a table of its own may have what it likes, and the way down may drop it', () => {
  const text = `export async function up(db) {
    await sql\`create table things (id uuid not null)\`.execute(db);
    await sql\`alter table things add constraint things_pkey primary key (id)\`.execute(db);
    await sql\`create unique index things_id_idx on things (id)\`.execute(db);
  }
  export async function down(db) { await sql\`drop table things\`.execute(db); }`;
  expect(contractionsOf(text)).toEqual([]);
});
