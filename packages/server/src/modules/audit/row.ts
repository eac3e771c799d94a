/** The one place where an event's nested form meets the flat row. */
import type { audit } from '@tenant-registry/db';
import type { AppendAuditEvent, AuditEvent } from './schema.ts';

/** What the registry adds to an event that a product reports. */
export interface Stamp {
  readonly id: string;
  readonly now: Date;
  readonly requestId: string;
  /** The credential that reports. */
  readonly reportedBy: string;
}

export function toRow(
  { actor, target, ...event }: AppendAuditEvent,
  { id, now, requestId, reportedBy }: Stamp,
): audit.NewAuditEvent {
  return {
    id,
    tenant_id: event.tenant_id ?? null,
    product: event.product ?? null,
    project_id: event.project_id ?? null,
    actor_type: actor.type,
    actor_id: actor.id,
    actor_name: actor.name ?? null,
    action: event.action,
    target_type: target?.type ?? null,
    target_id: target?.id ?? null,
    target_name: target?.name ?? null,
    description: event.description ?? null,
    metadata: event.metadata,
    source_ip: event.source_ip ?? null,
    request_id: event.request_id ?? requestId,
    crud: event.crud ?? null,
    external_id: event.external_id ?? null,
    is_failure: event.is_failure,
    occurred_at: event.occurred_at ?? now,
    created_at: now,
    origin: 'reported',
    reported_by: reportedBy,
  };
}

export function toEvent(row: audit.AuditRow): AuditEvent {
  const { target_type, target_id } = row;
  return {
    id: row.id,
    tenant_id: row.tenant_id,
    tenant_slug: row.tenant_slug,
    product: row.product,
    project_id: row.project_id,
    actor: { type: row.actor_type, id: row.actor_id, name: row.actor_name },
    action: row.action,
    target:
      target_type === null || target_id === null ? null : { type: target_type, id: target_id, name: row.target_name },
    description: row.description,
    metadata: row.metadata,
    source_ip: row.source_ip,
    request_id: row.request_id,
    crud: row.crud,
    external_id: row.external_id,
    extra: row.extra,
    is_failure: row.is_failure,
    occurred_at: row.occurred_at,
    created_at: row.created_at,
    origin: row.origin,
    reported_by: row.reported_by,
  };
}
