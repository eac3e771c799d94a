/** The shape of an event, as deliveries contain it. */

/** Something that happened, exactly as it was committed. */
export interface RegistryEvent {
  /** Equal in every delivery of the event, and in the audit log: the id to recognise repetitions by. */
  readonly id: string;
  /** Noun, dot, past tense: `tenant.created`. */
  readonly type: string;
  /** The time at which it happened, in RFC 3339. */
  readonly timestamp: string;
  /** Null for events about no tenant, or about all of them. */
  readonly tenant_id: string | null;
  readonly project_id: string | null;
  readonly product: string | null;
  readonly subject: { readonly type: string; readonly id: string };
  /** What the subject became; the type of the event says in which form. */
  readonly data: Readonly<Record<string, unknown>>;
}
