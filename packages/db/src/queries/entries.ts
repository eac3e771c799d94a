/** What happened, as audit rows and as events that wait for their place in the log: the same facts, written together. */
import { type RawBuilder, sql } from 'kysely';
import type { Tx } from '../handles.ts';
import type { NewAuditEvent } from './audit.ts';

/** An event and its audit row have one id, and all of this in common. JSON carries it without loss. */
export type Entry = NewAuditEvent & {
  readonly id: string;
  readonly target_type: string;
  readonly target_id: string;
  readonly occurred_at: Date | string;
};

/** Writes both rows of each entry, in their order, in one statement. */
export async function appendEntries(tx: Tx, entries: readonly Entry[]): Promise<void> {
  await sql`/* prepare append_entries */ with ${appended(entries)} select`.execute(tx);
}

/**
 * SQL: expressions of a `with` that write both rows of each entry, in their order, together with what the statement writes
 * besides. The audit row takes the slug from the tenant as it is.
 */
export function appended(entries: readonly Entry[]): RawBuilder<unknown> {
  return sql`
    entry as materialized (
      select * from rows from (json_to_recordset(${JSON.stringify(entries)}::json) as (
        id uuid, tenant_id uuid, product text, project_id uuid, actor_type text, actor_id text, actor_name text,
        action text, target_type text, target_id text, target_name text, description text, metadata jsonb,
        source_ip inet, request_id text, is_failure boolean, occurred_at timestamptz, created_at timestamptz,
        origin text
      )) with ordinality
    ), audited as (
      insert into audit_log (
        id, tenant_id, tenant_slug, product, project_id, actor_type, actor_id, actor_name, action,
        target_type, target_id, target_name, description, metadata, source_ip, request_id, is_failure,
        occurred_at, created_at, origin
      )
      select
        e.id, e.tenant_id, (select slug from tenants where tenants.id = e.tenant_id), e.product, e.project_id,
        e.actor_type, e.actor_id, e.actor_name, e.action, e.target_type, e.target_id, e.target_name, e.description,
        e.metadata, e.source_ip, e.request_id, e.is_failure, e.occurred_at, e.created_at, e.origin
      from entry as e order by ordinality
    ), queued as (
      insert into outbox_events (
        id, tenant_id, project_id, product, aggregate_type, aggregate_id, event_type, payload, occurred_at
      )
      select id, tenant_id, project_id, product, target_type, target_id, action, metadata, occurred_at
      from entry order by ordinality
    )`;
}
