/** scripts/generate.ts writes this file from the OpenAPI document: do not edit. */
import type { JsonObject } from './catalog.ts';

/** The input of `client.audit.proof`. */
export interface GetAuditProofInput {
  /** The id: a UUID that sorts by time of creation. */
  id: string;
  /**
   * Under the checkpoint of this size; absent: under the newest one. A checkpoint that you hold has its size in its
   * second line.
   */
  size?: number | undefined;
}

/** That an event is in a log which was signed, and where. */
export interface AuditProof {
  /**
   * The id of the log: that of its tenant, `00000000-0000-0000-0000-000000000000` for the platform,
   * `ffffffff-ffff-ffff-ffff-ffffffffffff` for the log of all checkpoints.
   */
  log: string;
  /** The name of the log, which its checkpoints have in their first line. */
  origin: string;
  /** The place of the entry in the log, counted from 0. */
  index: number;
  /** The text that was hashed, canonical JSON (RFC 8785): compare it with the event. */
  entry: string;
  /** SHA-256 of a zero byte and the entry, base64. */
  leaf_hash: string;
  /** The part `who` of the event, of which the entry has the hash alone. */
  who: AuditProofWho;
  /** The part `what` of the event, of which the entry has the hash alone. */
  what: AuditProofWhat;
  /** The size of the log under the checkpoint. */
  size: number;
  /** The audit path (RFC 9162, 2.1.3) from the leaf to the root of the checkpoint. */
  path: string[];
  /** The checkpoint: a signed note (C2SP tlog-checkpoint). */
  checkpoint: string;
}

/** The part `who` of the event, of which the entry has the hash alone. */
export interface AuditProofWho {
  /** 16 bytes, base64; null: this part is erased. */
  salt: string | null;
  /**
   * Canonical JSON (RFC 8785) with `actor_id`, `actor_name`, `reported_by` and `source_ip`; null: this part is erased.
   */
  value: string | null;
  /** SHA-256 of the salt and the value, in hexadecimal digits: `who` of the entry. */
  hash: string;
}

/** The part `what` of the event, of which the entry has the hash alone. */
export interface AuditProofWhat {
  /** 16 bytes, base64; null: this part is erased. */
  salt: string | null;
  /**
   * Canonical JSON (RFC 8785) with `description`, `external_id`, `extra`, `metadata`, `target_id` and `target_name`;
   * null: this part is erased.
   */
  value: string | null;
  /** SHA-256 of the salt and the value, in hexadecimal digits: `what` of the entry. */
  hash: string;
}

/** The input of `client.audit.checkpoint`. */
export interface GetAuditCheckpointInput {
  /**
   * The tenant whose log it is, deleted ones too. Absent: the caller's, and that of the platform for a caller of the
   * platform.
   */
  tenant_id?: string | undefined;
  /** Of which log: `tenant`, or `registry` for the log of all checkpoints, which everybody may see. */
  of?: 'tenant' | 'registry' | undefined;
}

/** Size and root of a log, signed. */
export interface AuditCheckpoint {
  /**
   * The id of the log: that of its tenant, `00000000-0000-0000-0000-000000000000` for the platform,
   * `ffffffff-ffff-ffff-ffff-ffffffffffff` for the log of all checkpoints.
   */
  log: string;
  /** The name of the log, which its checkpoints have in their first line. */
  origin: string;
  /** How many entries the log had. */
  size: number;
  /** The root of the tree of so many entries, base64. */
  root: string;
  /** The checkpoint: a signed note (C2SP tlog-checkpoint). */
  note: string;
  /** When it was created. */
  created_at: string;
  /** How the log of all checkpoints covers it. Null: it is one of that log, or not yet covered. */
  registry: AuditCheckpointRegistered | null;
}

/** A checkpoint as an entry of the log of all checkpoints, with its audit path. */
export interface AuditCheckpointRegistered {
  /** The text that was hashed, canonical JSON: this checkpoint as an entry of the log of all checkpoints. */
  entry: string;
  /** Its place there, counted from 0. */
  index: number;
  /** The size of that log. */
  size: number;
  /** The audit path from that entry to the root of `note`. */
  path: string[];
  /** The newest checkpoint of the log of all checkpoints: compare it with the one that went outside. */
  note: string;
}

/** The input of `client.audit.consistency`. */
export interface GetAuditConsistencyInput {
  /** The smaller size: that of the checkpoint that you hold. */
  first: number;
  /**
   * The tenant whose log it is, deleted ones too. Absent: the caller's, and that of the platform for a caller of the
   * platform.
   */
  tenant_id?: string | undefined;
  /** Of which log: `tenant`, or `registry` for the log of all checkpoints, which everybody may see. */
  of?: 'tenant' | 'registry' | undefined;
  /** The larger size; absent: that of the newest checkpoint. */
  second?: number | undefined;
}

/** That a log of one size is the beginning of the log of another size. */
export interface AuditConsistency {
  /**
   * The id of the log: that of its tenant, `00000000-0000-0000-0000-000000000000` for the platform,
   * `ffffffff-ffff-ffff-ffff-ffffffffffff` for the log of all checkpoints.
   */
  log: string;
  /** The name of the log, which its checkpoints have in their first line. */
  origin: string;
  /** The smaller size. */
  first: number;
  /** The larger size. */
  second: number;
  /** The consistency proof (RFC 9162, 2.1.4); empty when both sizes are equal. */
  path: string[];
  /** The checkpoint of the larger size; null: none has exactly that. */
  checkpoint: string | null;
}

/** The input of `client.audit.verifiers`. */
export type GetAuditVerifiersInput = Record<string, never>;

/** The public keys that checkpoints are checked with. */
export interface AuditVerifiers {
  /** The name of the signer, with which the name of every log begins. */
  origin: string;
  /** Of the keys that sign now, each once. Empty: nothing is signed. */
  verifiers: string[];
}

/** The input of `client.audit.redact`. */
export interface RequestAuditRedactionInput {
  /** The log: the id of a tenant, of one that is deleted too, or the nil UUID for what belongs to no tenant. */
  tenant_id: string;
  /** Which rows: those that agree in everything that is given. One thing at least is given. */
  subject: AuditSubjectInput;
  /**
   * `who`: the actor (id, name), the address and the reporting credential. `what`: the target (id, name), description,
   * metadata, external_id and extra, which may name the actor too where a client of Retraced reported the row.
   */
  groups: ('who' | 'what')[];
  /** Only rows of this product; absent: of any. */
  product?: string | null | undefined;
  /** Why. It is kept for ever, so it must name nobody. */
  reason: string;
}

/** Which rows: those that agree in everything that is given. One thing at least is given. */
export interface AuditSubjectInput {
  /** Rows of this actor. */
  actor_id?: string | undefined;
  /** Rows about this target. */
  target_id?: string | undefined;
  /** Rows from this address. */
  source_ip?: string | undefined;
}

/** A redaction that goes on after the answer. */
export interface RequestedAuditRedaction {
  /** The id: a UUID that sorts by time of creation. */
  id: string;
  /** The log: the id of a tenant, of one that is deleted too, or the nil UUID for what belongs to no tenant. */
  tenant_id: string;
  /**
   * Absent in the replay of a request with an Idempotency-Key, which does not keep it. Null once the redaction is done.
   */
  subject?: AuditSubject | null | undefined;
  /** Only rows of this product; absent: of any. */
  product: string | null;
  /**
   * `who`: the actor (id, name), the address and the reporting credential. `what`: the target (id, name), description,
   * metadata, external_id and extra, which may name the actor too where a client of Retraced reported the row.
   */
  groups: ('who' | 'what')[];
  /** Why. It is kept for ever, so it must name nobody. */
  reason: string;
  /** `held`: a legal hold that was placed meanwhile stops it. Others may come. */
  status: 'open' | 'held' | 'done';
  /** How many rows of the log were looked at so far. */
  rows_read: number;
  /** How many of them were blanked so far. */
  rows_changed: number;
  /** When it was created. */
  created_at: string;
  /** Null until all of it is done. */
  finished_at: string | null;
}

/** Which rows: those that agree in everything that is not null. */
export interface AuditSubject {
  /** Rows of this actor. */
  actor_id: string | null;
  /** Rows about this target. */
  target_id: string | null;
  /** Rows from this address. */
  source_ip: string | null;
}

/** The input of `client.audit.listRedactions`. */
export interface ListAuditRedactionsInput {
  /** Items at most. A page also ends at 1 MiB, with at least one item and a `next_cursor`. */
  limit?: number | undefined;
  /** `next_cursor` of the page before, for the same filters. */
  cursor?: string | undefined;
  /** Only those of this log. */
  tenant_id?: string | undefined;
}

/** A page of redactions. */
export interface AuditRedactionPage {
  /** The rows of this page. */
  items: AuditRedaction[];
  /** Send it as `cursor` to get the next page; null on the last one. */
  next_cursor: string | null;
}

/** The erasure of personal data in a log. */
export interface AuditRedaction {
  /** The id: a UUID that sorts by time of creation. */
  id: string;
  /** The log: the id of a tenant, of one that is deleted too, or the nil UUID for what belongs to no tenant. */
  tenant_id: string;
  /** Null once the redaction is done: it forgets whom it was about. */
  subject: AuditSubject | null;
  /** Only rows of this product; absent: of any. */
  product: string | null;
  /**
   * `who`: the actor (id, name), the address and the reporting credential. `what`: the target (id, name), description,
   * metadata, external_id and extra, which may name the actor too where a client of Retraced reported the row.
   */
  groups: ('who' | 'what')[];
  /** Why. It is kept for ever, so it must name nobody. */
  reason: string;
  /** `held`: a legal hold that was placed meanwhile stops it. Others may come. */
  status: 'open' | 'held' | 'done';
  /** How many rows of the log were looked at so far. */
  rows_read: number;
  /** How many of them were blanked so far. */
  rows_changed: number;
  /** When it was created. */
  created_at: string;
  /** Null until all of it is done. */
  finished_at: string | null;
}

/** The input of `client.audit.getRedaction`. */
export interface GetAuditRedactionInput {
  /** The id: a UUID that sorts by time of creation. */
  id: string;
}

/** The input of `client.audit.listRetention`. */
export interface ListAuditRetentionInput {
  /** Items at most. A page also ends at 1 MiB, with at least one item and a `next_cursor`. */
  limit?: number | undefined;
  /** `next_cursor` of the page before, for the same filters. */
  cursor?: string | undefined;
}

/** A page of the rules, the widest scopes first. */
export interface AuditRetention {
  /** The rows of this page. */
  items: AuditRetentionRule[];
  /** Send it as `cursor` to get the next page; null on the last one. */
  next_cursor: string | null;
  /** For how many days rows are kept that no rule is about (AUDIT_RETENTION_DAYS). */
  default_days: number;
}

/** For how long rows of a scope are kept. */
export interface AuditRetentionRule {
  /** The log; null: all. */
  tenant_id: string | null;
  /** The product; null: every one. */
  product: string | null;
  /** For how many days rows are kept, from when they were written. */
  days: number;
  /** When it last changed. */
  updated_at: string;
}

/** The input of `client.audit.setRetention`. */
export interface SetAuditRetentionInput {
  /**
   * Absent: all logs. The log: the id of a tenant, of one that is deleted too, or the nil UUID for what belongs to no
   * tenant.
   */
  tenant_id?: string | null | undefined;
  /** Absent: every product. */
  product?: string | null | undefined;
  /** For how many days rows are kept, from when they were written. */
  days: number;
}

/** The input of `client.audit.removeRetention`. */
export interface RemoveAuditRetentionInput {
  /**
   * Absent: the one for all logs. The log: the id of a tenant, of one that is deleted too, or the nil UUID for what
   * belongs to no tenant.
   */
  tenant_id?: string | undefined;
  /** Absent: the one for every product. */
  product?: string | undefined;
}

/** The input of `client.audit.listHolds`. */
export interface ListAuditHoldsInput {
  /** Items at most. A page also ends at 1 MiB, with at least one item and a `next_cursor`. */
  limit?: number | undefined;
  /** `next_cursor` of the page before, for the same filters. */
  cursor?: string | undefined;
}

/** A page of legal holds. */
export interface AuditHoldPage {
  /** The rows of this page. */
  items: AuditHold[];
  /** Send it as `cursor` to get the next page; null on the last one. */
  next_cursor: string | null;
}

/** A legal hold: rows that nothing may erase or delete. */
export interface AuditHold {
  /** The log; null: all. */
  tenant_id: string | null;
  /** The product; null: every one. */
  product: string | null;
  /** Why. It is kept for ever, so it must name nobody. */
  reason: string;
  /** When it was created. */
  created_at: string;
}

/** The input of `client.audit.placeHold`. */
export interface PlaceAuditHoldInput {
  /**
   * Absent: all logs. The log: the id of a tenant, of one that is deleted too, or the nil UUID for what belongs to no
   * tenant.
   */
  tenant_id?: string | null | undefined;
  /** Absent: every product. */
  product?: string | null | undefined;
  /** Why. It is kept for ever, so it must name nobody. */
  reason: string;
}

/** The input of `client.audit.releaseHold`. */
export interface ReleaseAuditHoldInput {
  /**
   * Absent: the one for all logs. The log: the id of a tenant, of one that is deleted too, or the nil UUID for what
   * belongs to no tenant.
   */
  tenant_id?: string | undefined;
  /** Absent: the one for every product. */
  product?: string | undefined;
}

/** The input of `client.audit.append`. */
export interface AppendAuditEventInput {
  /** Absent for an event of the whole platform. A frozen or archived tenant is as good as any. */
  tenant_id?: string | null | undefined;
  /** The key of a product of the catalog. */
  product?: string | null | undefined;
  /** The project that it is about. */
  project_id?: string | null | undefined;
  /** Who did it, in the words of the product. */
  actor: AuditPartyInput;
  /**
   * What was done: noun, dot, past tense, such as `report.exported`. Nouns of the registry’s own events are refused.
   */
  action: string;
  /** To what it was done. */
  target?: AuditPartyInput | null | undefined;
  /** What happened, for people. */
  description?: string | null | undefined;
  /** What else is worth keeping, at most 32 KiB of JSON. Absent: `{}`. */
  metadata?: JsonObject | undefined;
  /** The address that the actor came from. */
  source_ip?: string | null | undefined;
  /** The product's own; absent: that of the request that appends. */
  request_id?: string | null | undefined;
  /** Whether something was created (`c`), read (`r`), updated (`u`) or deleted (`d`). */
  crud?: 'c' | 'r' | 'u' | 'd' | null | undefined;
  /** The event's id in another system. */
  external_id?: string | null | undefined;
  /** It was tried and refused, or failed. */
  is_failure?: boolean | undefined;
  /** At most five minutes ahead of the registry; absent: now. */
  occurred_at?: string | undefined;
}

/** Who or what an event is about. */
export interface AuditPartyInput {
  /** `user`, `api_key`, `document`, … */
  type: string;
  /**
   * The id in the system that it belongs to. A person who acts in the registry has the issuer, a bar and the subject of
   * the token.
   */
  id: string;
  /** What people know it by. */
  name?: string | null | undefined;
}

/** Something that happened. It never changes. */
export interface AuditEvent {
  /** The id: a UUID that sorts by time of creation. */
  id: string;
  /** Null for an event of the whole platform, and once the tenant is deleted. */
  tenant_id: string | null;
  /** As it was then: it outlives the tenant. */
  tenant_slug: string | null;
  /** The key of a product of the catalog. */
  product: string | null;
  /** The project that it is about. */
  project_id: string | null;
  /** Who did it, in the words of the product. */
  actor: AuditParty;
  /** What was done: `tenant.created`. */
  action: string;
  /** To what it was done. */
  target: AuditParty | null;
  /** What happened, for people. */
  description: string | null;
  /** What else is worth keeping, at most 32 KiB of JSON. */
  metadata: JsonObject;
  /** The address that the actor came from. */
  source_ip: string | null;
  /** The request that did it, as whoever reports it says. */
  request_id: string | null;
  /** Whether something was created (`c`), read (`r`), updated (`u`) or deleted (`d`). Others may come. */
  crud: 'c' | 'r' | 'u' | 'd' | null;
  /** The event's id in another system. */
  external_id: string | null;
  /** What a client of Retraced sent besides: `fields`, `component`, `version`, the hash, … */
  extra: JsonObject | null;
  /** It was tried and refused, or failed. */
  is_failure: boolean;
  /** When it happened, as whoever reports it says. */
  occurred_at: string;
  /** When it was written, by the registry's clock: what lists are ordered by. */
  created_at: string;
  /**
   * Who vouches for it: `registry` for what the registry did itself, `reported` for what a credential reported. The
   * registry alone sets it. Others may come.
   */
  origin: 'registry' | 'reported';
  /**
   * The credential that reported it; null for an event of the registry, and for one from before the registry kept this.
   */
  reported_by: string | null;
}

/** Who or what an event is about, as it was then. */
export interface AuditParty {
  /** `user`, `api_key`, `document`, … */
  type: string;
  /**
   * The id in the system that it belongs to. A person who acts in the registry has the issuer, a bar and the subject of
   * the token.
   */
  id: string;
  /** What people know it by. */
  name: string | null;
}

/** The input of `client.audit.appendBulk`. */
export interface AppendAuditEventsInput {
  /** All of them are written, or none. */
  events: AppendAuditEventInput[];
}

/** The ids of the events that were written. */
export interface AppendedAuditEvents {
  /** In the order of the events. */
  ids: string[];
}

/** The input of `client.audit.list`. */
export interface ListAuditEventsInput {
  /** Items at most. A page also ends at 1 MiB, with at least one item and a `next_cursor`. */
  limit?: number | undefined;
  /** `next_cursor` of the page before, for the same filters. */
  cursor?: string | undefined;
  /** Only those of this tenant. */
  tenant_id?: string | undefined;
  /** Only those of tenants that had this slug and are deleted. For callers of the platform; not with `tenant_id`. */
  deleted_tenant_slug?: string | undefined;
  /**
   * Only those with this text, in any case, in the action, the names of actor and target, or the description. Within
   * one tenant: `tenant_id` or `deleted_tenant_slug` is needed, unless the caller is of one. A page looks at 10,000
   * events: it may have fewer items than `limit`, even none, and there are more while `next_cursor` is given.
   */
  q?: string | undefined;
  /** Only those of this product. */
  product?: string | undefined;
  /** Only what this actor did. `GET /v1/me` tells a person their own: the issuer, a bar and the subject. */
  actor_id?: string | undefined;
  /** The whole action, or its beginning: `tenant.*` finds `tenant.created`. */
  action?: string | undefined;
  /** Only what was done to this target. */
  target_id?: string | undefined;
  /** Only what the registry did itself (`registry`), or only what was reported to it (`reported`). */
  origin?: 'registry' | 'reported' | undefined;
  /** Written at this moment or later. */
  since?: string | undefined;
  /** Written before this moment. */
  until?: string | undefined;
}

/** A page of audit events. */
export interface AuditEventPage {
  /** The rows of this page. */
  items: AuditEvent[];
  /** Send it as `cursor` to get the next page; null on the last one. */
  next_cursor: string | null;
}

/** The input of `client.audit.export`. */
export interface ExportAuditEventsInput {
  /** Only those of this tenant. */
  tenant_id?: string | undefined;
  /** Only those of tenants that had this slug and are deleted. For callers of the platform; not with `tenant_id`. */
  deleted_tenant_slug?: string | undefined;
  /**
   * Only those with this text, in any case, in the action, the names of actor and target, or the description. Within
   * one tenant: `tenant_id` or `deleted_tenant_slug` is needed, unless the caller is of one. A page looks at 10,000
   * events: it may have fewer items than `limit`, even none, and there are more while `next_cursor` is given.
   */
  q?: string | undefined;
  /** Only those of this product. */
  product?: string | undefined;
  /** Only what this actor did. `GET /v1/me` tells a person their own: the issuer, a bar and the subject. */
  actor_id?: string | undefined;
  /** The whole action, or its beginning: `tenant.*` finds `tenant.created`. */
  action?: string | undefined;
  /** Only what was done to this target. */
  target_id?: string | undefined;
  /** Only what the registry did itself (`registry`), or only what was reported to it (`reported`). */
  origin?: 'registry' | 'reported' | undefined;
  /** Written at this moment or later. */
  since?: string | undefined;
  /** Written before this moment. */
  until?: string | undefined;
  /** One JSON object a line, or CSV with a header. */
  format?: 'ndjson' | 'csv' | undefined;
}

/** The input of `client.audit.get`. */
export interface GetAuditEventInput {
  /** The id: a UUID that sorts by time of creation. */
  id: string;
}
