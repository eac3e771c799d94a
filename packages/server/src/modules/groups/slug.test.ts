import fc from 'fast-check';
import { sql } from 'kysely';
import { expect, test } from 'vitest';
import { testServer } from '../../../test/support/server.ts';
import { groupSlug } from './schema.ts';

const server = testServer();

// proves C50
test('the schema and the check of the database take the same slugs', async () => {
  const { rows } = await sql<{ definition: string }>`
    select pg_get_constraintdef(oid) as definition from pg_constraint where conname = 'groups_slug_check'`.execute(
    server.app.deps.db,
  );
  const rule = (rows[0]?.definition ?? '').replace(/^CHECK \(/, '').replace(/\)$/, '');
  const near = fc.string({
    unit: fc.constantFrom('a', 'z', '0', '9', '-', '-', 'A', '_', '.', ' ', '\n', 'é', '😀'),
    maxLength: 8,
  });
  const long = fc
    .tuple(fc.integer({ min: 60, max: 68 }), fc.constantFrom('a', '-', 'é', '😀'))
    .map(([length, middle]) => `a${middle}`.padEnd(length, 'b'));
  const any = fc
    .string({ unit: 'grapheme', maxLength: 70 })
    .filter((text) => !text.includes('\0') && text.isWellFormed());
  const slugs = fc.array(fc.oneof(near, long, any), { minLength: 50, maxLength: 50 });
  await fc.assert(
    fc.asyncProperty(slugs, async (candidates) => {
      const judged = await sql<{ taken: boolean }>`
        select ${sql.raw(rule)} as taken from unnest(${candidates}::text[]) with ordinality as s (slug, place) order by place`.execute(
        server.app.deps.db,
      );
      const byDatabase = judged.rows.map(({ taken }) => taken);
      expect(candidates.map((slug) => [slug, groupSlug.safeParse(slug).success])).toEqual(
        candidates.map((slug, index) => [slug, byDatabase[index]]),
      );
    }),
    { numRuns: 40 },
  );
});
