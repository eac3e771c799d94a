import { randomUUID } from 'node:crypto';
import { sql } from 'kysely';
import { afterAll, describe, expect, test } from 'vitest';
import type { Db } from '../src/handles.ts';
import { keyset, type PageRequest } from '../src/keyset.ts';
import { listTenants } from '../src/queries/tenants.ts';
import { testDatabase } from '../src/testing.ts';
import { newTenant, unique } from './support.ts';

const database = await testDatabase();
const { db } = database;
afterAll(() => database.close());

type Key = readonly string[];

/** Reads page after page to the end, as a client does; `between` runs while a page is read and after it. */
async function readAll<Row>(
  page: (request: PageRequest) => Promise<Row[]>,
  { limit, keyOf, between }: { limit: number; keyOf: (row: Row) => Key; between?: () => Promise<unknown> },
): Promise<Row[][]> {
  const pages: Row[][] = [];
  let after: Key | undefined;
  do {
    const [rows] = await Promise.all([page({ limit, after }), between?.()]);
    const shown = rows.slice(0, limit);
    pages.push(shown);
    const last = shown.at(-1);
    after = rows.length > limit && last !== undefined ? keyOf(last) : undefined;
    await between?.();
  } while (after !== undefined);
  return pages;
}

describe('pages of tenants', () => {
  const idOf = ({ id }: { id: string }) => [id];
  const tenantsNamed = (name: string) => (request: PageRequest) => listTenants(db, { q: name }, request);

  async function newTenants(name: string, count: number): Promise<string[]> {
    const ids = await Promise.all(Array.from({ length: count }, () => newTenant(db, { name })));
    return ids.sort().reverse();
  }

  test('hold every tenant once, newest first', async () => {
    const name = unique('paged');
    const ids = await newTenants(name, 10);
    const pages = await readAll(tenantsNamed(name), { limit: 4, keyOf: idOf });
    expect(pages.map((page) => page.length)).toEqual([4, 4, 2]);
    expect(pages.flat().map(({ id }) => id)).toEqual(ids);
  });

  test('neither repeat nor lose a tenant while others are inserted before, between and after them', async () => {
    const name = unique('busy');
    const ids = await newTenants(name, 15);
    const between = () => newTenants(name, 2);
    const pages = await readAll(tenantsNamed(name), { limit: 3, keyOf: idOf, between });
    const seen = pages.flat().map(({ id }) => id);
    expect(new Set(seen).size, 'none twice').toBe(seen.length);
    expect(seen.filter((id) => ids.includes(id))).toEqual(ids);
    expect(seen).toEqual(seen.toSorted().reverse());
  });

  test('neither repeat nor lose a tenant while others are deleted, the last one seen included', async () => {
    const name = unique('shrinking');
    const ids = await newTenants(name, 9);
    const first = (await tenantsNamed(name)({ limit: 3 })).slice(0, 3);
    await db.deleteFrom('tenants').where('id', 'in', ids.slice(1, 3)).execute();
    const rest = await tenantsNamed(name)({ limit: 10, after: idOf(first[2] ?? { id: '' }) });
    expect([...first, ...rest].map(({ id }) => id)).toEqual(ids);
  });

  test.each([
    ['fewer rows than the limit', 2, 2],
    ['as many', 3, 3],
    ['more', 4, 4],
    ['many more', 7, 4],
  ])('with %s hold one more than the limit only when there is a next page', async (_, count, rows) => {
    const name = unique('count');
    await newTenants(name, count);
    expect(await tenantsNamed(name)({ limit: 3 })).toHaveLength(rows);
  });
});

describe('pages of events, which share moments', () => {
  const page = (tenantId: string) => (request: PageRequest) => eventsOf(db, tenantId, request).execute();
  const keyOf = ({ created_at, id }: { created_at: string; id: string }) => [created_at, id];

  function eventsOf(on: Db, tenantId: string, request: PageRequest) {
    const events = on.selectFrom('audit_log').select(['created_at', 'id']).where('tenant_id', '=', tenantId);
    return keyset(events, ['created_at', 'id'], request);
  }

  async function newEvents(tenantId: string, moments: readonly string[]): Promise<void> {
    const event = { tenant_id: tenantId, actor_type: 'user', actor_id: '1', action: 'tenant.updated' };
    await db
      .insertInto('audit_log')
      .values(moments.map((created_at) => ({ ...event, id: randomUUID(), created_at })))
      .execute();
  }

  /** Resolves to the rows of one query without pages. */
  const whole = (tenantId: string) =>
    db
      .selectFrom('audit_log')
      .select(['created_at', 'id'])
      .where('tenant_id', '=', tenantId)
      .orderBy('created_at', 'desc')
      .orderBy('id', 'desc')
      .execute();

  test.each([1, 2, 3, 7])('hold every event once when all are of one moment: %s a page', async (limit) => {
    const tenant = await newTenant(db);
    await newEvents(tenant, Array(7).fill('2026-01-31T08:00:00.123456Z'));
    const pages = await readAll(page(tenant), { limit, keyOf });
    expect(pages.flat()).toEqual(await whole(tenant));
    expect(pages.flat()).toHaveLength(7);
  });

  test('tell moments apart that differ by a microsecond', async () => {
    const tenant = await newTenant(db);
    const moments = Array.from({ length: 12 }, (_, i) => `2026-01-31T08:00:00.12345${(i % 6) + 1}Z`);
    await newEvents(tenant, moments);
    const pages = await readAll(page(tenant), { limit: 1, keyOf });
    expect(pages.flat()).toEqual(await whole(tenant));
    expect(pages.flat().map(({ created_at }) => created_at)).toEqual(moments.toSorted().reverse());
  });

  test('neither repeat nor lose an event while others are appended', async () => {
    const tenant = await newTenant(db);
    await newEvents(tenant, Array(5).fill('2026-01-31T08:00:00.123456Z'));
    const before = await whole(tenant);
    const between = () => newEvents(tenant, ['2026-01-31T08:00:00.123457Z', '2026-01-31T08:00:00.123456Z']);
    const seen = (await readAll(page(tenant), { limit: 2, keyOf, between })).flat();
    expect(new Set(seen.map(({ id }) => id)).size).toBe(seen.length);
    expect(seen.filter(({ id }) => before.some((event) => event.id === id))).toEqual(before);
  });

  // proves A51
  test('are read from the index alone: it serves the filter, the start and the order', async () => {
    const tenant = await newTenant(db);
    const after = ['2026-01-31T08:00:00.123456Z', randomUUID()];
    const plan = await db.transaction().execute(async (tx) => {
      // The planner reads a small table whole unless that costs too much.
      await sql`set local enable_seqscan = off`.execute(tx);
      await sql`set local enable_bitmapscan = off`.execute(tx);
      const rows = await eventsOf(tx, tenant, { limit: 50, after }).explain<{ 'QUERY PLAN': string }>();
      return rows.map((row) => row['QUERY PLAN']).join('\n');
    });
    expect(plan).toMatch(/Index (Only )?Scan using audit_log_tenant_id_created_at_id_idx/);
    expect(plan).toMatch(/Index Cond: .*tenant_id = .*ROW\(created_at, id\) < ROW\(/);
    expect(plan).not.toMatch(/Sort|Filter/);
  });
});
