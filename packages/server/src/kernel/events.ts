/** What happened, as an object: one declaration gives the audit row, the outbox row and, later, the webhook. */
import type { z } from 'zod';

export interface EventSubject {
  readonly tenant_id: string | null;
  readonly project_id?: string | null;
  readonly product?: string | null;
  readonly target: { readonly type: string; readonly id: string; readonly name: string | null };
}

export interface EventDefinition<Schema extends z.ZodObject = z.ZodObject> {
  /** `tenant.created`: noun, dot, past tense. Also the action of the audit row. */
  readonly type: string;
  /** One sentence for the documentation of the event. */
  readonly description: string;
  /** What may leave: fields that it does not name are dropped, so no secret reaches an audit row or a webhook. */
  readonly payload: Schema;
  /** Whom it concerns, taken from the payload. */
  readonly subject: (payload: z.output<Schema>) => EventSubject;
  /** It tells of something that was tried and failed: the audit row says so. */
  readonly failure?: true;
  /** It changes what verifications of API keys of its tenant depend on: no replica may answer from before it once it is answered. */
  readonly authority?: true;
}

export function defineEvent<Schema extends z.ZodObject>(definition: EventDefinition<Schema>): EventDefinition<Schema> {
  return definition;
}
