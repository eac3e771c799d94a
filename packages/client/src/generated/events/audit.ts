/** scripts/generate.ts writes this file from the OpenAPI document: do not edit. */
import type { AuditEvent } from '../schemas/audit.ts';
import type { EventEnvelope } from './access.ts';

/**
 * The log of all checkpoints was signed: keep it where whoever runs the registry cannot change it. It has no audit row.
 */
export interface AuditCheckpointEvent extends EventEnvelope {
  /** The type of the event. */
  type: 'audit.checkpoint';
  /** A checkpoint of the log of all checkpoints. */
  data: AuditCheckpointSigned;
}

/** A checkpoint of the log of all checkpoints. */
export interface AuditCheckpointSigned {
  /** The name of the log, which its checkpoints have in their first line. */
  origin: string;
  /** How many entries the log has. */
  size: number;
  /** The root of the tree of so many entries, base64. */
  root: string;
  /** The checkpoint: a signed note (C2SP tlog-checkpoint). */
  note: string;
}

/**
 * An audit row was sealed: the row as a whole, in the order of its log. Only webhooks and readers that name it get it
 * (`audit.event` or `audit.*`), and they need `audit:read`. It has no audit row.
 */
export interface AuditEventEvent extends EventEnvelope {
  /** The type of the event. */
  type: 'audit.event';
  /** An audit event, and its place in its log. */
  data: AuditEventSealed;
}

/** An audit event, and its place in its log. */
export interface AuditEventSealed {
  /** The id of the log: that of the tenant, the nil UUID for the log of the platform. */
  log: string;
  /** The place of its leaf in the log. */
  index: number;
  /** The audit event, as `GET /v1/audit/{id}` showed it then. */
  event: AuditEvent;
}

/** Audit rows were put under a legal hold. */
export interface AuditHoldPlacedEvent extends EventEnvelope {
  /** The type of the event. */
  type: 'audit.hold_placed';
  /** What `audit.hold_placed` tells. */
  data: AuditHoldPlacedData;
}

/** What `audit.hold_placed` tells. */
export interface AuditHoldPlacedData {
  /** The log; null: all. */
  log: string | null;
  /** The tenant; null where the rule is not about a tenant that exists. */
  tenant_id: string | null;
  /** The product; null: every one. */
  product: string | null;
  /** Why. It is kept for ever, so it must name nobody. */
  reason: string;
}

/** A legal hold of audit rows was released. */
export interface AuditHoldReleasedEvent extends EventEnvelope {
  /** The type of the event. */
  type: 'audit.hold_released';
  /** What `audit.hold_released` tells. */
  data: AuditHoldReleasedData;
}

/** What `audit.hold_released` tells. */
export interface AuditHoldReleasedData {
  /** The log; null: all. */
  log: string | null;
  /** The tenant; null where the rule is not about a tenant that exists. */
  tenant_id: string | null;
  /** The product; null: every one. */
  product: string | null;
}

/** Rows of a log were deleted because of their age. */
export interface AuditPrunedEvent extends EventEnvelope {
  /** The type of the event. */
  type: 'audit.pruned';
  /** What `audit.pruned` tells. */
  data: AuditPrunedData;
}

/** What `audit.pruned` tells. */
export interface AuditPrunedData {
  /** The job that did it. */
  job_id: string;
  /** The log: the id of a tenant, of one that is deleted too, or the nil UUID for what belongs to no tenant. */
  log: string;
  /** The tenant; null for the log of a deleted one, and for that of the platform. */
  tenant_id: string | null;
  /** How many rows. */
  rows: number;
  /** What was erased of them; empty: they were deleted. */
  groups: ('who' | 'what')[];
  /** SHA-256 of the indexes of their leaves, as PostgreSQL writes an int8multirange. */
  leaves_sha256: string;
}

/** Personal data of rows of a log were erased. What the rows say besides is as it was. */
export interface AuditRedactedEvent extends EventEnvelope {
  /** The type of the event. */
  type: 'audit.redacted';
  /** What `audit.redacted` tells. */
  data: AuditRedactedData;
}

/** What `audit.redacted` tells. */
export interface AuditRedactedData extends AuditPrunedData {}

/** The erasure of personal data in a log was asked for. The event does not say whose. */
export interface AuditRedactionRequestedEvent extends EventEnvelope {
  /** The type of the event. */
  type: 'audit.redaction_requested';
  /** What `audit.redaction_requested` tells. */
  data: AuditRedactionRequestedData;
}

/** What `audit.redaction_requested` tells. */
export interface AuditRedactionRequestedData {
  /** The job that did it. */
  job_id: string;
  /** The log: the id of a tenant, of one that is deleted too, or the nil UUID for what belongs to no tenant. */
  log: string;
  /** The tenant; null for the log of a deleted one, and for that of the platform. */
  tenant_id: string | null;
  /** Only rows of this product; absent: of any. */
  product: string | null;
  /**
   * `who`: the actor (id, name), the address and the reporting credential. `what`: the target (id, name), description,
   * metadata, external_id and extra, which may name the actor too where a client of Retraced reported the row.
   */
  groups: ('who' | 'what')[];
  /** Why. It is kept for ever, so it must name nobody. */
  reason: string;
}

/** A rule of how long audit rows are kept was set or removed. */
export interface AuditRetentionSetEvent extends EventEnvelope {
  /** The type of the event. */
  type: 'audit.retention_set';
  /** What `audit.retention_set` tells. */
  data: AuditRetentionSetData;
}

/** What `audit.retention_set` tells. */
export interface AuditRetentionSetData {
  /** The log; null: all. */
  log: string | null;
  /** The tenant; null where the rule is not about a tenant that exists. */
  tenant_id: string | null;
  /** The product; null: every one. */
  product: string | null;
  /** Null: the rule was removed. */
  days: number | null;
}
