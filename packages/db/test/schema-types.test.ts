import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { sql } from 'kysely';
import { expect, test } from 'vitest';
import { generateSchema } from '../scripts/generate-schema.ts';
import { testDatabase } from '../src/testing.ts';
import { closedAfterTest, packageFolder } from './support.ts';

// proves C40, C41
test('src/schema.ts is what the generator makes of the migrated database, on this engine too', async () => {
  const { db } = await closedAfterTest(testDatabase());
  expect(readFileSync(join(packageFolder, 'src/schema.ts'), 'utf8')).toBe(await generateSchema(db));
});

// proves C41
test('a change of the database that no migration made would be noticed', async () => {
  const { db } = await closedAfterTest(testDatabase());
  const before = await generateSchema(db);
  await sql`alter table tenants add column drifted bigint`.execute(db);
  const drifted = before
    .replace('  erp_id: ', '  drifted: number | null;\n  erp_id: ')
    .replace(/( {2}tenants: .*)\]/, '$1,"drifted"]');
  expect(await generateSchema(db)).toBe(drifted);
});

// proves C41
test('a check that lists the values of a text column becomes a union; every other check leaves the column text', async () => {
  const { db } = await closedAfterTest(testDatabase());
  await sql`
    create table things (
      state text not null default 'open',
      kind text,
      single text not null,
      odd text not null,
      slug text not null,
      other text not null,
      mixed text not null,
      constraint things_state_check check (state in ('open', 'closed')),
      constraint things_kind_check check (kind in ('a', 'b')),
      constraint things_single_check check (single = 'one'),
      constraint things_odd_check check (odd in ('it''s, "so"', ')')),
      constraint things_slug_check check (slug ~ '^(a|b)$'),
      constraint things_other_check check (other in ('a', 'b') or length(other) > 9),
      constraint things_mixed_check check (mixed in ('a', 'b') and slug <> 'a')
    )`.execute(db);
  const text = await generateSchema(db);
  const [, columns = ''] = /export interface Things \{\n(.*?)\}/s.exec(text) ?? [];
  expect(columns.trim().split(/\n\s*/)).toEqual([
    'kind: ThingsKind | null;',
    'mixed: string;',
    'odd: ThingsOdd;',
    'other: string;',
    'single: ThingsSingle;',
    'slug: string;',
    'state: Generated<ThingsState>;',
  ]);
  expect(text.match(/^export type Things.*$/gm)).toEqual([
    'export type ThingsKind = "a" | "b";',
    'export type ThingsOdd = ")" | "it\'s, \\"so\\"";',
    'export type ThingsSingle = "one";',
    'export type ThingsState = "closed" | "open";',
  ]);
});

// proves A18, C42
test('the generator and its runtime are pinned to exact versions', () => {
  const { dependencies, devDependencies } = JSON.parse(readFileSync(join(packageFolder, 'package.json'), 'utf8'));
  for (const name of ['kysely', 'kysely-ctl', 'kysely-codegen', 'pg', '@electric-sql/pglite']) {
    expect({ [name]: { ...dependencies, ...devDependencies }[name] }).toEqual({
      [name]: expect.stringMatching(/^\d+\.\d+\.\d+$/),
    });
  }
});
