/** The shapes that clients of Retraced send. What they send besides is ignored, as Retraced does. */
import { z } from 'zod';
import { ACTOR_MAX, jsonObject, label, product, timestampInput } from '../../kernel/schema.ts';
import { appendAuditEventInput, EVENTS_MAX } from '../audit/schema.ts';

const known = appendAuditEventInput.shape;

/** Clients send an empty text, or null, for what is not there. */
function absentIfEmpty<Schema extends z.ZodType>(schema: Schema) {
  return z.preprocess((value) => (value === '' || value === null ? undefined : value), schema.optional());
}

/** To Retraced an object without members is not there. */
function absentIfBare<Schema extends z.ZodType>(schema: Schema) {
  const isBare = (value: unknown) => typeof value === 'object' && value !== null && Object.keys(value).length === 0;
  return z.preprocess(
    (value) => (value === '' || value === null || isBare(value) ? undefined : value),
    schema.optional(),
  );
}

const plainValue = z.union([z.string(), z.number(), z.boolean(), z.null()], {
  error: 'must be a text, a number, true, false or null',
});
const fields = absentIfEmpty(z.record(z.string(), plainValue));
const flag = absentIfEmpty(z.boolean());
const text = z.string().max(4_000);
const partyId = z.string().min(1).max(ACTOR_MAX);

const actor = z.object({ id: partyId, name: absentIfEmpty(label), href: absentIfEmpty(text), fields });
const target = z.object({
  id: partyId,
  name: absentIfEmpty(label),
  href: absentIfEmpty(text),
  type: absentIfEmpty(z.string().max(100)),
  fields,
});

const eventFields = z.object({
  action: known.action,
  crud: absentIfEmpty(z.enum(['c', 'r', 'u', 'd'])),
  group: absentIfBare(z.object({ id: z.string().min(1).max(200), name: absentIfEmpty(text) })),
  created: absentIfEmpty(timestampInput),
  actor: absentIfBare(actor),
  target: absentIfBare(target),
  source_ip: absentIfEmpty(known.source_ip),
  description: absentIfEmpty(known.description),
  is_failure: flag,
  is_anonymous: flag,
  fields,
  component: absentIfEmpty(text),
  version: absentIfEmpty(text),
  external_id: absentIfEmpty(label),
  metadata: absentIfEmpty(jsonObject.pipe(z.record(z.string(), plainValue))),
});
export type RetracedEvent = z.output<typeof eventFields>;

export const retracedEvent = eventFields
  .refine((event) => event.actor !== undefined || event.is_anonymous === true, {
    path: ['actor'],
    message: 'is missing: only an event that is_anonymous has none',
  })
  .refine((event) => jsonObject.safeParse(extraOf(event)).success, {
    message: 'has more than 32 KiB of fields, addresses, component and version',
  });

export const retracedEvents = z.object({ events: z.array(retracedEvent).min(1).max(EVENTS_MAX) });

/** What a row keeps of an event in no column of its own. */
export function extraOf({ group, actor, target, ...event }: RetracedEvent): Record<string, unknown> {
  const { fields, component, version, is_anonymous } = event;
  return withoutGaps({
    group: group?.name === undefined ? undefined : { name: group.name },
    actor: withoutGaps({ href: actor?.href, fields: actor?.fields }),
    target: withoutGaps({ href: target?.href, type: target?.type, fields: target?.fields }),
    fields,
    component,
    version,
    is_anonymous,
  });
}

/** Members without a value, and parts without members, are left out; fields that were sent empty stay. */
function withoutGaps(members: Record<string, unknown>): Record<string, unknown> {
  const isBare = (value: unknown) => typeof value === 'object' && value !== null && Object.keys(value).length === 0;
  const isKept = ([name, value]: [string, unknown]) => value !== undefined && (name === 'fields' || !isBare(value));
  return Object.fromEntries(Object.entries(members).filter(isKept));
}

export const retracedProject = z.object({ product });

/** Clients of other languages send the older `team_id`, narrow a viewer to one target, and name no actor. */
export const viewerTokenQuery = z.object({
  group_id: absentIfEmpty(z.string().max(200)),
  team_id: absentIfEmpty(z.string().max(200)),
  target_id: absentIfEmpty(partyId),
  actor_id: absentIfEmpty(partyId),
  is_admin: z.preprocess((value) => value === 'true', z.boolean()),
  view_log_action: absentIfEmpty(known.action),
});
export type ViewerTokenQuery = z.output<typeof viewerTokenQuery>;

/** Characters of a token: a body without a credential is small. */
export const VIEWER_TOKEN_MAX = 3_000;

export const viewerSessionInput = z.object({ token: z.string().min(1).max(VIEWER_TOKEN_MAX) });

export const graphqlRequest = z.object({
  query: z.string().min(1),
  variables: absentIfEmpty(z.record(z.string(), z.unknown())),
  operationName: absentIfEmpty(z.string()),
});
export type GraphqlRequest = z.output<typeof graphqlRequest>;
