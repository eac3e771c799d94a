/** scripts/generate.ts writes this file from the OpenAPI document: do not edit. */
import type { MutationOptions, QueryOptions } from '../../calls/options.ts';
import type { List } from '../../list.ts';
import type { Result } from '../../result.ts';
import type {
  AppendAuditEventInput,
  AppendAuditEventsInput,
  AppendedAuditEvents,
  AuditCheckpoint,
  AuditConsistency,
  AuditEvent,
  AuditEventPage,
  AuditHold,
  AuditHoldPage,
  AuditProof,
  AuditRedaction,
  AuditRedactionPage,
  AuditRetention,
  AuditVerifiers,
  ExportAuditEventsInput,
  GetAuditCheckpointInput,
  GetAuditConsistencyInput,
  GetAuditEventInput,
  GetAuditProofInput,
  GetAuditRedactionInput,
  GetAuditVerifiersInput,
  ListAuditEventsInput,
  ListAuditHoldsInput,
  ListAuditRedactionsInput,
  ListAuditRetentionInput,
  PlaceAuditHoldInput,
  ReleaseAuditHoldInput,
  RemoveAuditRetentionInput,
  RequestAuditRedactionInput,
  RequestedAuditRedaction,
  SetAuditRetentionInput,
} from '../schemas/audit.ts';

/** The operations of `client.audit`. */
export interface AuditOperations {
  /**
   * Prove an audit event.
   *
   * Everything that shows that the event is in the log which was signed, checked without trust in the registry
   * (docs/audit.md). An event is sealed within a second and covered by the next checkpoint, within a minute unless the
   * operator says otherwise: until then 409 `not_sealed`.
   *
   * Requires the permission `audit:read`. It is held by the roles operator, support, admin; API keys with the scope
   * `registry:audit:read`.
   */
  proof(input: GetAuditProofInput, options?: QueryOptions): Result<AuditProof>;
  /**
   * Get the newest checkpoint of an audit log.
   *
   * With the proof that the log of all checkpoints has it, so that one checkpoint kept outside covers every tenant.
   *
   * Requires the permission `audit:read`. It is held by the roles operator, support, admin; API keys with the scope
   * `registry:audit:read`.
   */
  checkpoint(input?: GetAuditCheckpointInput, options?: QueryOptions): Result<AuditCheckpoint>;
  /**
   * Prove that an audit log only grew.
   *
   * From the size of a checkpoint that you hold to a later one: nothing before was changed, removed or put in.
   *
   * Requires the permission `audit:read`. It is held by the roles operator, support, admin; API keys with the scope
   * `registry:audit:read`.
   */
  consistency(input: GetAuditConsistencyInput, options?: QueryOptions): Result<AuditConsistency>;
  /**
   * Get the keys that checkpoints are checked with.
   *
   * Several while keys rotate. A key that comes from the server which is to be checked proves little: compare it with
   * the one that you were given another way.
   *
   * Requires the permission `audit:read`. It is held by the roles operator, support, admin; API keys with the scope
   * `registry:audit:read`.
   */
  verifiers(input?: GetAuditVerifiersInput, options?: QueryOptions): Result<AuditVerifiers>;
  /**
   * Erase personal data.
   *
   * Blanks the groups in all rows of the log that agree with the subject and were written before the request, and in
   * the copies that webhooks and feeds read. Action, times and types stay, and so does the proof: the hash of each
   * group is kept, its salt is not. Ask for both groups at once: rows whose actor is erased are not found by it again.
   * Rows that a legal hold could cover are 409 `legal_hold`.
   *
   * Requires the permission `audit:manage`. It is held by the roles operator.
   */
  redact(input: RequestAuditRedactionInput, options?: MutationOptions): Result<RequestedAuditRedaction>;
  /**
   * List redactions.
   *
   * Newest first, with how far each has come.
   *
   * Requires the permission `audit:manage`. It is held by the roles operator.
   */
  listRedactions(input?: ListAuditRedactionsInput, options?: QueryOptions): List<AuditRedactionPage>;
  /**
   * Get a redaction.
   *
   * With how far it has come. Once it is done it does not say whom it was about.
   *
   * Requires the permission `audit:manage`. It is held by the roles operator.
   */
  getRedaction(input: GetAuditRedactionInput, options?: QueryOptions): Result<AuditRedaction>;
  /**
   * List how long audit rows are kept.
   *
   * The widest rules first. Of the rules that are about a row, the most specific decides: of a product in a log, of a
   * log, of a product, of all.
   *
   * Requires the permission `audit:manage`. It is held by the roles operator.
   */
  listRetention(input?: ListAuditRetentionInput, options?: QueryOptions): List<AuditRetention>;
  /**
   * Set how long audit rows are kept.
   *
   * Sets the rule of the scope, and replaces the one that is there. Rows that are older are deleted soon after; the
   * hash of each stays in the log. A shorter time where a legal hold covers the whole scope is 409 `legal_hold`.
   *
   * Requires the permission `audit:manage`. It is held by the roles operator.
   */
  setRetention(input: SetAuditRetentionInput, options?: MutationOptions): Result<void>;
  /**
   * Remove a rule of retention.
   *
   * The rule of exactly this scope: from then on the next wider one decides.
   *
   * Requires the permission `audit:manage`. It is held by the roles operator.
   */
  removeRetention(input?: RemoveAuditRetentionInput, options?: MutationOptions): Result<void>;
  /**
   * List legal holds.
   *
   * Those of all logs first.
   *
   * Requires the permission `audit:manage`. It is held by the roles operator.
   */
  listHolds(input?: ListAuditHoldsInput, options?: QueryOptions): List<AuditHoldPage>;
  /**
   * Place a legal hold.
   *
   * From the answer on, nothing erases or deletes rows of the log, of the product, or of the product in the log.
   * Redactions that are under way stop. The hold outlives its tenant.
   *
   * Requires the permission `audit:manage`. It is held by the roles operator.
   */
  placeHold(input: PlaceAuditHoldInput, options?: MutationOptions): Result<AuditHold>;
  /**
   * Release a legal hold.
   *
   * The hold of exactly this scope. Redactions that it stopped go on.
   *
   * Requires the permission `audit:manage`. It is held by the roles operator.
   */
  releaseHold(input?: ReleaseAuditHoldInput, options?: MutationOptions): Result<void>;
  /**
   * Append an audit event.
   *
   * For what happened in a product: the registry writes the events of its own changes by itself, and an action that
   * begins with a noun of them (`tenant`, `api_key`, …) is refused. The row says that it was reported, and by which
   * credential. A frozen or archived tenant is no hindrance. An unknown tenant is 404.
   *
   * Requires the permission `audit:append`. It is held by the roles operator, admin; the internal token; API keys with
   * the scope `registry:audit:append`.
   */
  append(input: AppendAuditEventInput, options?: MutationOptions): Result<AuditEvent>;
  /**
   * Append many audit events.
   *
   * All of them or, when one is wrong, none: the problem names the event.
   *
   * Requires the permission `audit:append`. It is held by the roles operator, admin; the internal token; API keys with
   * the scope `registry:audit:append`.
   */
  appendBulk(input: AppendAuditEventsInput, options?: MutationOptions): Result<AppendedAuditEvents>;
  /**
   * List audit events.
   *
   * Newest first. Works for an archived tenant too; an unknown tenant has no events.
   *
   * Requires the permission `audit:read`. It is held by the roles operator, support, admin; API keys with the scope
   * `registry:audit:read`.
   */
  list(input?: ListAuditEventsInput, options?: QueryOptions): List<AuditEventPage>;
  /**
   * Export audit events.
   *
   * All events that the filters find, newest first, sent while they are read. NDJSON: one AuditEvent on each line. CSV
   * (RFC 4180): with a header, and with an apostrophe before what a spreadsheet would take for a formula. An answer
   * that breaks off is not complete. Over tRPC it is not available.
   *
   * Requires the permission `audit:read`. It is held by the roles operator, support, admin; API keys with the scope
   * `registry:audit:read`.
   */
  export(input: ExportAuditEventsInput & { format: 'csv' }, options?: QueryOptions): AsyncIterable<string>;
  /**
   * Export audit events.
   *
   * All events that the filters find, newest first, sent while they are read. NDJSON: one AuditEvent on each line. CSV
   * (RFC 4180): with a header, and with an apostrophe before what a spreadsheet would take for a formula. An answer
   * that breaks off is not complete. Over tRPC it is not available.
   *
   * Requires the permission `audit:read`. It is held by the roles operator, support, admin; API keys with the scope
   * `registry:audit:read`.
   */
  export(
    input?: ExportAuditEventsInput & { format?: 'ndjson' | undefined },
    options?: QueryOptions,
  ): AsyncIterable<AuditEvent>;
  /**
   * Get an audit event.
   *
   * By id.
   *
   * Requires the permission `audit:read`. It is held by the roles operator, support, admin; API keys with the scope
   * `registry:audit:read`.
   */
  get(input: GetAuditEventInput, options?: QueryOptions): Result<AuditEvent>;
}
