/** Declares events. One declaration gives the audit row, the event of webhooks and feeds, and their documentation. */
import type { z } from 'zod';

export interface EventSubject {
  readonly tenant_id: string | null;
  readonly project_id?: string | null;
  readonly product?: string | null;
  readonly target: { readonly type: string; readonly id: string; readonly name: string | null };
}

export interface EventDefinition<Schema extends z.ZodObject = z.ZodObject, Type extends string = string> {
  /** `tenant.created`: noun, dot, past tense. Also the action of the audit row, where it has one. */
  readonly type: Type;
  /** One sentence for the documentation of the event. */
  readonly description: string;
  /** The fields that may leave the registry. All others are dropped, so no secret reaches an audit row or a webhook. */
  readonly payload: Schema;
  /** Returns the tenant and the target of the event, from its payload. */
  readonly subject: (payload: z.output<Schema>) => EventSubject;
  /** The event tells of a failed attempt, and its audit row says so. */
  readonly failure?: true;
  /** Verifications of the tenant's API keys depend on it. Once the change is answered, no replica answers from before it. */
  readonly authority?: true;
  /** It has no audit row, because it tells of audit rows: `record` refuses it, and its worker puts it into the outbox. */
  readonly audited?: false;
}

/** Declares an event. Its type is unique: a test holds the declarations of all modules together. */
export function defineEvent<const Type extends string, Schema extends z.ZodObject>(
  definition: EventDefinition<Schema, Type>,
): EventDefinition<Schema, Type> {
  return definition;
}

/** What the event tells, as it leaves the registry. */
export type PayloadOf<Event> = Event extends { readonly payload: infer Schema extends z.ZodObject }
  ? z.output<Schema>
  : never;
