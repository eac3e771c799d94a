import { sql } from 'kysely';
import { afterAll, describe, expect, test } from 'vitest';
import { testDatabase } from '../src/testing.ts';
import { json, parseTimestamptz } from '../src/types.ts';
import { newTenant } from './support.ts';

const database = await testDatabase();
const { db } = database;
afterAll(() => database.close());

async function evaluate(expression: string): Promise<unknown> {
  const { rows } = await sql<{ value: unknown }>`select ${sql.raw(expression)} as value`.execute(db);
  return rows[0]?.value;
}

// proves A55, A56
describe('a value has one form on both engines', () => {
  test.each([
    ['42::bigint', 42],
    ['(-9007199254740991)::bigint', Number.MIN_SAFE_INTEGER],
    ['9007199254740991::bigint', Number.MAX_SAFE_INTEGER],
    ['count(*)', 1],
    ['7::integer', 7],
    ["'2026-01-31'::date", '2026-01-31'],
    ["'0001-12-31'::date", '0001-12-31'],
    ["'2026-01-31T08:00:00.123456Z'::timestamptz", '2026-01-31T08:00:00.123456Z'],
    ['null::timestamptz', null],
    ['true', true],
    ["'acme'::text", 'acme'],
    ["array['a', 'b,c', '{d}', '\"', '']::text[]", ['a', 'b,c', '{d}', '"', '']],
    ["'{}'::text[]", []],
    ["'active'::tenant_status", 'active'],
    ["'10.0.0.1'::inet", '10.0.0.1'],
    ["'fd00::/8'::inet", 'fd00::/8'],
    ["'019a1b2c-0000-7000-8000-0123456789AB'::uuid", '019a1b2c-0000-7000-8000-0123456789ab'],
  ])('%s', async (expression, value) => {
    expect(await evaluate(expression)).toEqual(value);
  });

  test('bytes are bytes', async () => {
    const bytes = await evaluate("'\\x00ff10'::bytea");
    expect(bytes).toBeInstanceOf(Uint8Array);
    expect([...(bytes as Uint8Array)]).toEqual([0, 255, 16]);
  });

  test('a bigint that a JavaScript number cannot hold is an error, never another number', async () => {
    await expect(evaluate('9007199254740992::bigint')).rejects.toThrow('past 2^53');
  });
});

describe('a point in time', () => {
  const zones = ['UTC', 'Europe/Berlin', 'Asia/Kathmandu', 'America/St_Johns', 'Pacific/Apia'];

  /** Resolves to the value that a session of the zone reads; the database writes its text for that zone. */
  function read(zone: string, expression: string): Promise<unknown> {
    return db.transaction().execute(async (tx) => {
      await sql`select set_config('TimeZone', ${zone}, true)`.execute(tx);
      const { rows } = await sql<{ value: unknown }>`select ${expression}::timestamptz as value`.execute(tx);
      return rows[0]?.value;
    });
  }

  test.each([
    '2026-01-31T08:00:00.123456Z',
    '2026-07-31T23:59:59.000001Z',
    '2026-12-31T23:59:59.999999Z',
    '2026-03-29T01:30:00.000Z', // the hour that Berlin skips
    '2026-10-25T00:30:00.500Z', // and the one that it has twice
    '1970-01-01T00:00:00.000Z',
    '1880-06-01T12:00:00.000Z', // zones had odd seconds then
    '1000-01-01T00:00:00.000Z',
    '9999-12-31T23:59:59.999Z', // another year already, east of Greenwich
  ])('reads equal in a session of any time zone: %s', async (text) => {
    for (const zone of zones) expect(await read(zone, text), zone).toBe(text);
  });

  test.each([
    ['2026-01-31T08:00:00Z', '2026-01-31T08:00:00.000Z'],
    ['2026-01-31T08:00:00.1Z', '2026-01-31T08:00:00.100Z'],
    ['2026-01-31T08:00:00.12345Z', '2026-01-31T08:00:00.12345Z'],
    ['2026-01-31T09:00:00+01:00', '2026-01-31T08:00:00.000Z'],
    ['2026-01-31T08:00:00.1234567Z', '2026-01-31T08:00:00.123457Z'],
  ])('%s comes back as %s, with at least three digits', async (written, text) => {
    for (const zone of zones) expect(await read(zone, written), zone).toBe(text);
  });

  test('comes back as it was written, to the microsecond, from text and from a Date', async () => {
    const trial_ends_at = '2026-01-31T08:00:00.123456Z';
    const frozen_at = new Date('2026-01-31T08:00:00.789Z');
    const id = await newTenant(db, { trial_ends_at, frozen_at, contract_starts_on: '2026-01-31' });
    const tenant = await db.selectFrom('tenants').selectAll().where('id', '=', id).executeTakeFirst();
    expect(tenant).toMatchObject({
      trial_ends_at,
      frozen_at: frozen_at.toISOString(),
      contract_starts_on: '2026-01-31',
    });
    const found = db
      .selectFrom('tenants')
      .select('id')
      .where('trial_ends_at', '=', tenant?.trial_ends_at ?? null);
    expect(await found.execute()).toEqual([{ id }]);
  });

  test.each(['infinity', '0044-03-15 12:00:00+00 BC', ''])('that has no RFC 3339 form is an error: "%s"', (text) => {
    expect(() => parseTimestamptz(text)).toThrow(RangeError);
  });
});

describe('json()', () => {
  const values: unknown[] = [
    {},
    { a: { b: [1, 2, { c: null }] } },
    [],
    [1, 'two', null, [3]],
    'text',
    '',
    '"quoted" \\ and {"a":1}',
    '[1]',
    '{a,b}',
    'null',
    42,
    -0.5,
    true,
    null,
    { 'a key with "quotes"': 'äß€ 🎉\n\t' },
  ];

  test.each(values.map((value) => [JSON.stringify(value), value]))('brings %s back as it was', async (_, value) => {
    const { rows } = await sql<{ value: unknown; type: string }>`
      select ${json(value)} as value, jsonb_typeof(${json(value)}) as type`.execute(db);
    const type = value === null ? 'null' : Array.isArray(value) ? 'array' : typeof value;
    expect(rows).toEqual([{ value, type }]);
  });

  test('writes a column, by insert and by update', async () => {
    const tenant_id = await newTenant(db);
    const read = () => db.selectFrom('tenant_products').select('config').where('tenant_id', '=', tenant_id).execute();
    await db
      .insertInto('tenant_products')
      .values({ tenant_id, product: 'a', config: json({ seats: [1, 2] }) })
      .execute();
    expect(await read()).toEqual([{ config: { seats: [1, 2] } }]);
    await db
      .updateTable('tenant_products')
      .set({ config: json({ note: '[]' }) })
      .where('tenant_id', '=', tenant_id)
      .execute();
    expect(await read()).toEqual([{ config: { note: '[]' } }]);
  });
});
