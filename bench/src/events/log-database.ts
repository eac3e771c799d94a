/** A migrated database with rows in the queue of events or in the log, as if changes had made them. */
import { type DatabaseHandle, migrateUp, openDatabase } from '@tenant-registry/db';
import pg from 'pg';
import type { Surroundings } from './section.ts';

export interface LogDatabase {
  /** For the workers of the product. */
  readonly db: DatabaseHandle['db'];
  readonly client: pg.Client;
}

export async function openLogDatabase({ databases, stack }: Surroundings, label: string): Promise<LogDatabase> {
  const url = await databases.createDatabase(label);
  const handle = await openDatabase({ url });
  stack.defer(() => handle.close());
  await migrateUp(handle.db);
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  stack.defer(() => client.end());
  return { db: handle.db, client };
}

/** About 300 bytes, of 1,000 tenants and 20,000 aggregates. */
const payload = `jsonb_build_object('id', gen_random_uuid(), 'slug', 'tenant-' || i, 'name', 'Tenant ' || i,
  'status', 'active', 'plan', 'enterprise', 'created_at', now(), 'updated_at', now(), 'note', repeat('x', 60))`;

const tenant = `('01890000-0000-7000-8000-' || lpad(to_hex(i % 1000), 12, '0'))::uuid`;

/** Puts so many events into the queue. */
export async function fillQueue(client: pg.Client, events: number): Promise<void> {
  await client.query(`
    insert into outbox_events (tenant_id, aggregate_type, aggregate_id, event_type, payload)
    select ${tenant}, 'tenant', 'a-' || i % 20000, 'tenant.updated', ${payload}
    from generate_series(1, ${events}) as i`);
  await client.query('analyze outbox_events');
}

/** Appends events of 60 days ago to the log, each with one delivery and one attempt. */
export async function fillOldLog(client: pg.Client, events: number): Promise<void> {
  await client.query(`
    with logged as (
      insert into events (position, id, tenant_id, aggregate_type, aggregate_id, event_type, payload, occurred_at, recorded_at)
      select position + i, gen_random_uuid(), ${tenant}, 'tenant', 'a-' || i % 20000, 'tenant.updated', ${payload},
        now() - interval '60 days', now() - interval '60 days'
      from event_head, generate_series(1, ${events}) as i
      returning position, id, tenant_id, event_type, aggregate_id
    ), delivered as (
      insert into webhook_deliveries (endpoint_id, tenant_id, event_id, event_type, position, aggregate, state, attempts)
      select gen_random_uuid(), tenant_id, id, event_type, position, 'tenant:' || aggregate_id, 'succeeded', 1 from logged
      returning id, tenant_id
    )
    insert into webhook_attempts (delivery_id, tenant_id, n, started_at, duration_ms, status)
    select id, tenant_id, 1, now(), 20, 204 from delivered`);
  await client.query('update event_head set position = (select max(position) from events)');
  await client.query('analyze events, webhook_deliveries, webhook_attempts');
}
