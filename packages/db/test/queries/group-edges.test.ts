/** What the statements about edges read: no more than a page has, however many are in the groups. */
import { sql } from 'kysely';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { findChain, listEffectiveMembers, listGroupMembers } from '../../src/queries/group-edges.ts';
import { type TestDatabase, testDatabase } from '../../src/testing.ts';
import { plansOf, rowsRead } from '../plans.ts';
import { newTenant } from '../support.ts';

const USERS = 3_000;
const LIMIT = 10;

let database: TestDatabase;
let tenant_id: string;
/** A group, one below it, and one below that. */
let ids: [top: string, middle: string, bottom: string];
beforeAll(async () => {
  database = await testDatabase();
  const { db } = database;
  tenant_id = await newTenant(db);
  await sql`
    insert into users (tenant_id, external_subject, display_name)
    select ${tenant_id}, 'https://idp|' || i, 'User ' || i from generate_series(1, ${USERS}::int) as i`.execute(db);
  const { rows } = await sql<{ id: string }>`
    insert into groups (tenant_id, slug, display_name)
    select ${tenant_id}, 'g-' || i, 'Group ' || i from generate_series(1, 3) as i returning id`.execute(db);
  const [top, middle, bottom] = rows.map(({ id }) => id);
  if (top === undefined || middle === undefined || bottom === undefined) throw new Error('three groups were made');
  ids = [top, middle, bottom];
  await sql`
    insert into group_memberships (tenant_id, group_id, principal_user_id)
    select u.tenant_id, g.id, u.id from users u, groups g where u.tenant_id = ${tenant_id} and g.tenant_id = ${tenant_id}`.execute(
    db,
  );
  await sql`
    insert into group_memberships (tenant_id, group_id, principal_group_id)
    values (${tenant_id}, ${top}, ${middle})`.execute(db);
  await db.insertInto('group_parents').values({ tenant_id, parent_id: middle, child_id: bottom }).execute();
  for (const table of ['users', 'groups', 'group_memberships', 'group_parents'])
    await sql`analyze ${sql.table(table)}`.execute(db);
});
afterAll(() => database.close());

const handles = () => [database.db, database.forTenant({ tenant_id, project_id: null })];

test('a page of who is in a group, directly or through others, reads a page of each group', async () => {
  const [top] = ids;
  for (const handle of handles()) {
    const page = { limit: LIMIT };
    const direct = await plansOf(handle, (asked) => listGroupMembers(asked, { tenant_id, group_id: top }, page));
    expect(rowsRead(direct)).toBeLessThanOrEqual(LIMIT + 1);
    const found = await listEffectiveMembers(handle, top, page);
    expect(found.map(({ depth }) => depth)).toEqual(Array.from({ length: LIMIT + 1 }, () => 1));
    const after = [found.at(-2)?.key ?? ''];
    for (const asked of [page, { ...page, after }]) {
      const plan = await plansOf(handle, (reading) => listEffectiveMembers(reading, top, asked));
      expect(rowsRead(plan)).toBeLessThanOrEqual(ids.length * (LIMIT + 1));
    }
  }
});

test('an edge is judged by the edges between groups, past the users that are in them', async () => {
  const [top, middle, bottom] = ids;
  for (const handle of handles()) {
    for (const [edge, chain] of [
      [
        { parent_id: top, child_id: bottom },
        { circular: false, groups: 2 },
      ],
      [
        { parent_id: bottom, child_id: top },
        { circular: true, groups: 6 },
      ],
      [
        { parent_id: middle, child_id: bottom },
        { circular: false, groups: 3 },
      ],
    ] as const) {
      expect(await findChain(handle, edge)).toEqual(chain);
      expect(rowsRead(await plansOf(handle, (asked) => findChain(asked, edge)))).toBeLessThanOrEqual(10);
    }
  }
});
