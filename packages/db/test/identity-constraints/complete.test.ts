import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { sql } from 'kysely';
import { expect, test } from 'vitest';
import { testDatabase } from '../../src/testing.ts';
import { identityTables } from '../identities.ts';
import { closedAfterTest } from '../support.ts';

/** The target of composite foreign keys, whose second column is unique by itself: no statement violates it alone. */
const notReachable = ['groups_tenant_id_id_key', 'service_identities_tenant_id_id_key', 'users_tenant_id_id_key'];

/** Tests of this folder go through all of `identityTables` for these. */
const ofEachTable = [
  ...identityTables.map((table) => `${table}_tenant_id_fkey`),
  ...[
    'group_memberships',
    'groups',
    'role_bindings',
    'service_identities',
    'spiffe_trust_bundles',
    'user_sessions',
  ].map((table) => `${table}_pkey`),
  'users_pkey',
];

// proves C47
test('every constraint, unique index and trigger of the identity tables is named by a test of this folder', async () => {
  const { db } = await closedAfterTest(testDatabase());
  const tables = sql.join(identityTables.map((table) => sql.lit(table)));
  const { rows } = await sql<{ name: string }>`
    select conname as name from pg_constraint
    where contype not in ('n', 't') and conrelid::regclass::text in (${tables})
    union
    select indexrelid::regclass::text from pg_index where indisunique and indrelid::regclass::text in (${tables})
    union
    select tgname from pg_trigger
    where not tgisinternal and tgrelid::regclass::text in (${tables}) and tgname !~ '_set_updated_at$'
    order by name`.execute(db);
  expect(rows.length).toBeGreaterThan(60);
  const tests = readdirSync(import.meta.dirname).filter((file) => file !== 'complete.test.ts');
  const text = tests.map((file) => readFileSync(join(import.meta.dirname, file), 'utf8')).join('\n');
  const missing = rows.map(({ name }) => name).filter((name) => !text.includes(name));
  expect(missing.filter((name) => !notReachable.includes(name) && !ofEachTable.includes(name))).toEqual([]);
});
