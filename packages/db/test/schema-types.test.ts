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
  expect(await generateSchema(db)).toBe(before.replace('  erp_id: ', '  drifted: number | null;\n  erp_id: '));
});

// proves C42
test('the generator and its runtime are pinned to exact versions', () => {
  const { dependencies, devDependencies } = JSON.parse(readFileSync(join(packageFolder, 'package.json'), 'utf8'));
  for (const name of ['kysely', 'kysely-ctl', 'kysely-codegen', 'pg', '@electric-sql/pglite']) {
    expect({ [name]: { ...dependencies, ...devDependencies }[name] }).toEqual({
      [name]: expect.stringMatching(/^\d+\.\d+\.\d+$/),
    });
  }
});
