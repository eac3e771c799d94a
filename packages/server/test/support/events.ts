/** The events that the registry recorded: those in the queue and those that have their place in the log already. */
import { sql } from 'kysely';
import type { TestServer } from './server.ts';

export interface RecordedEvent {
  readonly id: string;
  readonly tenant_id: string | null;
  readonly project_id: string | null;
  readonly product: string | null;
  readonly event_type: string;
  readonly aggregate_type: string;
  readonly aggregate_id: string;
  // biome-ignore lint/suspicious/noExplicitAny: tests look into events of every type
  readonly payload: any;
}

type Reader = Pick<TestServer, 'app'>;

/** SQL: every event once, whether a sequencer runs or not, because one statement sees both tables at one moment. */
const recorded = sql`
  select id, tenant_id, project_id, product, event_type, aggregate_type, aggregate_id, payload,
    0 as queued, position as place from events
  union all
  select id, tenant_id, project_id, product, event_type, aggregate_type, aggregate_id, payload, 1, seq from outbox_events`;

/** Returns the events of a tenant, in the order in which feeds and webhooks tell them. */
export async function eventsOf({ app }: Reader, tenantId: string): Promise<RecordedEvent[]> {
  const { rows } = await sql<RecordedEvent>`
    select * from (${recorded}) as e where tenant_id = ${tenantId}::uuid order by queued, place`.execute(app.deps.db);
  return rows;
}

/** Returns the events about one thing, in the order in which feeds and webhooks tell them. */
export async function eventsAbout({ app }: Reader, aggregateId: string): Promise<RecordedEvent[]> {
  const { rows } = await sql<RecordedEvent>`
    select * from (${recorded}) as e where aggregate_id = ${aggregateId} order by queued, place`.execute(app.deps.db);
  return rows;
}

/** Returns the number of all events. */
export async function countRecorded({ app }: Reader): Promise<number> {
  const { rows } = await sql<{ n: number }>`select count(*) as n from (${recorded}) as e`.execute(app.deps.db);
  return rows[0]?.n ?? 0;
}
