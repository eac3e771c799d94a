import { randomUUID } from 'node:crypto';
import { type Insertable, sql } from 'kysely';
import { afterAll, describe, expect, test } from 'vitest';
import type { DB, WebhookDeliveriesState, WebhookEndpoints } from '../../src/schema.ts';
import { testDatabase } from '../../src/testing.ts';
import { newTenant, refusal, violated } from '../support.ts';
import { eventRowsOf } from './rows.ts';

const database = await testDatabase();
const { db } = database;
afterAll(() => database.close());
const rows = eventRowsOf(db);

type Endpoint = Partial<Insertable<WebhookEndpoints>>;

const count = async (table: keyof DB, column: string, id: string): Promise<number> =>
  (await sql`select from ${sql.table(table)} where ${sql.ref(column)} = ${id}::uuid`.execute(db)).rows.length;

describe('an endpoint', () => {
  const [lease_id, lease_until] = [randomUUID(), '2100-01-01T00:00:00Z'];

  test.each<[string, Endpoint, string]>([
    ['an empty url', { url: '' }, 'webhook_endpoints_url_check'],
    ['a url of 2,001 characters', { url: 'u'.repeat(2_001) }, 'webhook_endpoints_url_check'],
    ['no event type', { event_types: [] }, 'webhook_endpoints_event_types_check'],
    ['101 event types', { event_types: Array(101).fill('x.y') }, 'webhook_endpoints_event_types_check'],
    ['an unknown order', { ordering: 'none' as never }, 'webhook_endpoints_ordering_check'],
    ['an unknown format', { format: 'xml' as never }, 'webhook_endpoints_format_check'],
    ['an unknown signature', { signature: 'rsa' as never }, 'webhook_endpoints_signature_check'],
    ['ed25519 without a public key', { signature: 'ed25519' }, 'webhook_endpoints_public_key_check'],
    ['hmac with a public key', { public_key: 'whpk_x' }, 'webhook_endpoints_public_key_check'],
    ['an unknown status', { status: 'paused' as never, disabled_reason: null }, 'webhook_endpoints_status_check'],
    [
      'an unknown reason',
      { status: 'disabled', disabled_reason: 'tired' as never },
      'webhook_endpoints_disabled_reason_check',
    ],
    ['no reason while disabled', { status: 'disabled' }, 'webhook_endpoints_disabled_check'],
    ['a reason while active', { disabled_reason: 'gone' }, 'webhook_endpoints_disabled_check'],
    ['a lease without an end', { lease_id }, 'webhook_endpoints_lease_check'],
    ['the end of no lease', { lease_until }, 'webhook_endpoints_lease_check'],
    ['given up without a time', { given_up: 1 }, 'webhook_endpoints_given_up_check'],
    ['the time of none given up', { given_up_since: lease_until }, 'webhook_endpoints_given_up_check'],
  ])('with %s is refused', async (_, values, constraint) => {
    expect(await refusal(rows.endpoint(values))).toEqual({ code: violated.check, constraint });
  });

  test.each<[string, Endpoint]>([
    ['the shortest url and one type', { url: 'u', event_types: ['x.y'] }],
    ['the longest url and 100 types', { url: 'u'.repeat(2_000), event_types: Array(100).fill('x.y') }],
    ['the other order and format', { ordering: 'endpoint', format: 'cloudevents' }],
    ['ed25519 and its public key', { signature: 'ed25519', public_key: 'whpk_x' }],
    ...(['requested', 'gone', 'failing'] as const).map((disabled_reason): [string, Endpoint] => [
      `the reason ${disabled_reason}`,
      { status: 'disabled', disabled_reason },
    ]),
    ['a lease', { lease_id, lease_until }],
  ])('with %s is accepted', async (_, values) => {
    await expect(rows.endpoint(values)).resolves.toBeTypeOf('string');
  });

  test('is there once, and belongs to a tenant that exists, or to none', async () => {
    const id = await rows.endpoint();
    expect(await refusal(rows.endpoint({ id }))).toEqual({
      code: violated.unique,
      constraint: 'webhook_endpoints_pkey',
    });
    expect(await refusal(rows.endpoint({ tenant_id: randomUUID() }))).toEqual({
      code: violated.foreignKey,
      constraint: 'webhook_endpoints_tenant_id_fkey',
    });
  });

  test('keeps updated_at, and with it its ETag, while the queue of deliveries moves it; every other change moves it', async () => {
    const id = await rows.endpoint();
    const isMovedBy = async (change: object) => {
      const updated_at = '2000-01-01T00:00:00Z';
      await db.updateTable('webhook_endpoints').set({ updated_at }).where('id', '=', id).execute();
      await db.updateTable('webhook_endpoints').set(change).where('id', '=', id).execute();
      const unmoved = db.selectFrom('webhook_endpoints').where('updated_at', '=', updated_at).where('id', '=', id);
      return (await unmoved.select('id').execute()).length === 0;
    };
    for (const change of [{ failures: 1 }, { failing_since: lease_until }, { last_ok_ms: 5 }, { next_at: lease_until }])
      expect(await isMovedBy(change), JSON.stringify(change)).toBe(false);
    expect(await isMovedBy({ lease_id, lease_until })).toBe(false);
    expect(await isMovedBy({ given_up: 1, given_up_since: lease_until })).toBe(false);
    expect(await isMovedBy({ given_up_told_at: lease_until })).toBe(false);
    for (const change of [
      { url: 'v' },
      { description: 'x' },
      { event_types: ['x.y'] },
      { ordering: 'endpoint' },
      { format: 'cloudevents' },
      { signature: 'ed25519', public_key: 'whpk_x' },
      { public_key: 'whpk_y' },
      { status: 'disabled', disabled_reason: 'gone' },
      { disabled_reason: 'failing' },
    ])
      expect(await isMovedBy(change), JSON.stringify(change)).toBe(true);
  });
});

test('a tenant takes its endpoints and their secrets along; deliveries and attempts stay', async () => {
  const tenant_id = await newTenant(db);
  const endpoint_id = await rows.endpoint({ tenant_id });
  await rows.secret({ tenant_id, endpoint_id });
  const delivery_id = await rows.delivery({ tenant_id, endpoint_id });
  await rows.attempt({ tenant_id, delivery_id });
  await db.deleteFrom('tenants').where('id', '=', tenant_id).execute();
  const left = async () => [
    await count('webhook_endpoints', 'id', endpoint_id),
    await count('webhook_secrets', 'endpoint_id', endpoint_id),
    await count('webhook_deliveries', 'endpoint_id', endpoint_id),
    await count('webhook_attempts', 'delivery_id', delivery_id),
  ];
  expect(await left()).toEqual([0, 0, 1, 1]);
});

describe('a secret', () => {
  test('is there once, and goes with its endpoint', async () => {
    const endpoint_id = await rows.endpoint();
    const id = await rows.secret({ endpoint_id });
    await rows.secret({ endpoint_id });
    expect(await refusal(rows.secret({ id, endpoint_id }))).toEqual({
      code: violated.unique,
      constraint: 'webhook_secrets_pkey',
    });
    await db.deleteFrom('webhook_endpoints').where('id', '=', endpoint_id).execute();
    expect(await count('webhook_secrets', 'endpoint_id', endpoint_id)).toBe(0);
  });

  test('of an endpoint that does not exist is refused', async () => {
    expect(await refusal(rows.secret({ endpoint_id: randomUUID() }))).toEqual({
      code: violated.foreignKey,
      constraint: 'webhook_secrets_endpoint_id_fkey',
    });
  });
});

describe('a delivery', () => {
  test('is there once, and has one of four states', async () => {
    const id = await rows.delivery();
    expect(await refusal(rows.delivery({ id }))).toEqual({
      code: violated.unique,
      constraint: 'webhook_deliveries_pkey',
    });
    for (const state of ['pending', 'succeeded', 'failed', 'canceled'] as const) await rows.delivery({ state });
    expect(await refusal(rows.delivery({ state: 'lost' as WebhookDeliveriesState }))).toEqual({
      code: violated.check,
      constraint: 'webhook_deliveries_state_check',
    });
  });

  // A check of a foreign key would make the log wait for a transaction that changes the endpoint.
  test('names its endpoint and its event without a foreign key', async () => {
    const { rows: keys } = await sql`
      select from pg_constraint where contype = 'f' and conrelid = 'webhook_deliveries'::regclass`.execute(db);
    expect(keys).toEqual([]);
  });
});

describe('an attempt', () => {
  test('is the n-th of its delivery once, and goes with it', async () => {
    const delivery_id = await rows.delivery();
    await rows.attempt({ delivery_id, n: 1 });
    await rows.attempt({ delivery_id, n: 2 });
    expect(await refusal(rows.attempt({ delivery_id, n: 2 }))).toEqual({
      code: violated.unique,
      constraint: 'webhook_attempts_pkey',
    });
    await db.deleteFrom('webhook_deliveries').where('id', '=', delivery_id).execute();
    expect(await count('webhook_attempts', 'delivery_id', delivery_id)).toBe(0);
  });

  test('of a delivery that does not exist is refused', async () => {
    expect(await refusal(rows.attempt({ delivery_id: randomUUID() }))).toEqual({
      code: violated.foreignKey,
      constraint: 'webhook_attempts_delivery_id_fkey',
    });
  });
});
