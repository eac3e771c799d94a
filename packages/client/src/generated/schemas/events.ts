/** scripts/generate.ts writes this file from the OpenAPI document: do not edit. */
import type { JsonObject } from './catalog.ts';

/** The input of `client.events.subscribe`. */
export interface StreamEventsInput {
  /** Only those of this tenant. Callers of a tenant get those of their own anyway. */
  tenant_id?: string | undefined;
  /**
   * Only events of these types, separated by commas: exact ones, `tenant.*` for all of a noun, `*` for all but
   * `audit.event`, which has to be named. Absent: `*`.
   */
  types?: string | undefined;
  /**
   * The id of the last event that is known: every later one is told. `start`: all that the log has. Absent: what
   * happens from now on. `Last-Event-ID` goes before it.
   */
  after?: string | undefined;
}

/** The input of `client.events.subscribeAll`. */
export interface StreamAllEventsInput {
  /**
   * Only events of these types, separated by commas: exact ones, `tenant.*` for all of a noun, `*` for all but
   * `audit.event`, which has to be named. Absent: `*`.
   */
  types?: string | undefined;
  /**
   * The id of the last event that is known: every later one is told. `start`: all that the log has. Absent: what
   * happens from now on. `Last-Event-ID` goes before it.
   */
  after?: string | undefined;
}

/** The input of `client.events.history`. */
export interface ListEventsInput {
  /** Items at most. A page also ends at 1 MiB, with at least one item and a `next_cursor`. */
  limit?: number | undefined;
  /** `next_cursor` of the page before, for the same filters. */
  cursor?: string | undefined;
  /** Only those of this tenant. Callers of a tenant get those of their own anyway. */
  tenant_id?: string | undefined;
  /**
   * Only events of these types, separated by commas: exact ones, `tenant.*` for all of a noun, `*` for all but
   * `audit.event`, which has to be named. Absent: `*`.
   */
  types?: string | undefined;
}

/** A page of events. */
export interface EventPage {
  /** The rows of this page. */
  items: Event[];
  /** Send it as `cursor` to get the next page; null on the last one. */
  next_cursor: string | null;
}

/** Something that happened, exactly as it was committed. */
export interface Event {
  /**
   * The same wherever the event is told: in the audit log, as `webhook-id`, as id of a feed. Whoever is told twice
   * knows it by this.
   */
  id: string;
  /** What happened: noun, dot, past tense. */
  type: string;
  /** When it happened. */
  timestamp: string;
  /** Null: it is about no tenant, or about all of them. */
  tenant_id: string | null;
  /** The project that it belongs to. */
  project_id: string | null;
  /** The key of a product of the catalog. */
  product: string | null;
  /** What changed. Events of one subject are told in the order in which they happened. */
  subject: EventSubject;
  /** What the subject became; the type says in which form. */
  data: JsonObject;
}

/** What changed. Events of one subject are told in the order in which they happened. */
export interface EventSubject {
  /** The kind of the thing. */
  type: string;
  /** Its id. */
  id: string;
}
