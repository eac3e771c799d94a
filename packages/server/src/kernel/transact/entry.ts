/** An event as its two records: the audit row, and the event of webhooks and feeds. */
import type { entries, outbox } from '@tenant-registry/db';
import type { z } from 'zod';
import type { ActorContext } from '../context.ts';
import type { EventDefinition } from '../events.ts';
import { newId } from '../ids.ts';

interface Happened<Schema extends z.ZodObject> {
  readonly event: EventDefinition<Schema>;
  readonly payload: z.input<Schema>;
  readonly description?: string | undefined;
}

/** A record that has its subject, its time and its origin. */
export type RegistryEntry = entries.Entry & { readonly tenant_id: string | null };

/**
 * Returns the entry of an event that the actor caused now, and writes nothing: `transact` appends it, or whoever brings it
 * into the database later. Fields that the event's schema does not name are dropped.
 */
export function entryOf<Schema extends z.ZodObject>(
  { actor, clock, requestId, sourceIp }: Pick<ActorContext, 'actor' | 'clock' | 'requestId' | 'sourceIp'>,
  { event, payload: input, description }: Happened<Schema>,
): RegistryEntry {
  if (event.audited === false) throw new Error(`${event.type} has no audit row`);
  const payload = stripped(event.payload).parse(input) as z.output<Schema>;
  const { tenant_id, target, project_id = null, product = null } = event.subject(payload);
  const occurredAt = clock();
  return {
    id: newId(clock),
    tenant_id,
    project_id,
    product,
    actor_type: actor.type,
    actor_id: actor.id,
    actor_name: actor.name,
    action: event.type,
    target_type: target.type,
    target_id: target.id,
    target_name: target.name,
    description: description ?? null,
    metadata: payload,
    source_ip: sourceIp,
    request_id: requestId,
    is_failure: event.failure ?? false,
    occurred_at: occurredAt,
    created_at: occurredAt,
    origin: 'registry',
  };
}

/** Returns what waits for its place in the log of an event that has no audit row, and writes nothing. */
export function unauditedOf<Schema extends z.ZodObject>(
  event: EventDefinition<Schema>,
  payload: z.output<Schema>,
  { id, at }: { readonly id: string; readonly at: Date },
): outbox.NewOutboxEvent {
  if (event.audited !== false) throw new Error(`${event.type} has an audit row: record it`);
  const { tenant_id, target, project_id = null, product = null } = event.subject(payload);
  return {
    id,
    tenant_id,
    project_id,
    product,
    aggregate_type: target.type,
    aggregate_id: target.id,
    event_type: event.type,
    payload,
    occurred_at: at,
  };
}

/** zod compiles a schema when it first parses, so each is made once. */
const strippedOf = new WeakMap<z.ZodObject, z.ZodObject>();

function stripped(schema: z.ZodObject): z.ZodObject {
  const known = strippedOf.get(schema) ?? schema.strip();
  strippedOf.set(schema, known);
  return known;
}
