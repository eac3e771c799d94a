/** Makes events, endpoints, deliveries and their like by plain inserts, past every service. */
import { randomUUID } from 'node:crypto';
import type { Insertable } from 'kysely';
import type { Db } from '../../src/handles.ts';
import type {
  DB,
  EventRelays,
  Events,
  OutboxEvents,
  WebhookAttempts,
  WebhookDeliveries,
  WebhookEndpoints,
  WebhookSecrets,
} from '../../src/schema.ts';
import { json } from '../../src/types.ts';

/** The tables of the log of events and of webhooks. */
export const eventTables = [
  'event_head',
  'event_relays',
  'events',
  'outbox_events',
  'webhook_attempts',
  'webhook_deliveries',
  'webhook_endpoints',
  'webhook_secrets',
] as const satisfies readonly (keyof DB)[];

type Some<T> = Partial<Insertable<T>>;
/** The values that a row cannot do without, and any others. */
type With<T, Needed extends keyof Insertable<T>> = Some<T> & Pick<Insertable<T>, Needed>;

const happened = {
  aggregate_type: 'tenant',
  aggregate_id: 'a',
  event_type: 'tenant.created',
  payload: json({ a: 1 }),
  occurred_at: '2026-01-01T00:00:00Z',
} as const;

/** Each function inserts one row; those of rows with an id resolve to it. */
export function eventRowsOf(db: Db) {
  const insert = async (table: keyof DB, row: object): Promise<string> => {
    const id = 'id' in row ? row.id : randomUUID();
    const hasId = table !== 'webhook_attempts' && table !== 'event_relays';
    await db
      .insertInto(table)
      .values(hasId ? { ...row, id } : row)
      .execute();
    return String(id);
  };
  return {
    queued: (values: Some<OutboxEvents> = {}) => insert('outbox_events', { ...happened, ...values }),
    event: (values: With<Events, 'position'>) => insert('events', { ...happened, ...values }),
    relay: (values: With<EventRelays, 'name'>) => insert('event_relays', { position: 0, ...values }),
    endpoint: (values: Some<WebhookEndpoints> = {}) =>
      insert('webhook_endpoints', { url: 'https://acme.example/hooks', event_types: ['*'], ...values }),
    secret: (values: With<WebhookSecrets, 'endpoint_id'>) => insert('webhook_secrets', { sealed: 'x', ...values }),
    delivery: (values: Some<WebhookDeliveries> = {}) => {
      const told = { event_id: randomUUID(), event_type: 'tenant.created', position: 1, aggregate: 'tenant:a' };
      return insert('webhook_deliveries', { endpoint_id: randomUUID(), ...told, ...values });
    },
    attempt: (values: With<WebhookAttempts, 'delivery_id'>) =>
      insert('webhook_attempts', { n: 1, started_at: '2026-01-01T00:00:00Z', duration_ms: 1, ...values }),
  };
}
