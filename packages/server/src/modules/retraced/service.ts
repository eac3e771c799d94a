/** What clients of Retraced ask for: events are reported, and looked for by those who may see them. */
import type { retraced } from '@tenant-registry/db';
import type { ActorContext, Context } from '../../kernel/context.ts';
import { placed } from '../../kernel/errors/input-place.ts';
import { inputMistakes } from '../../kernel/errors/input-texts.ts';
import { malformed } from '../../kernel/errors/malformed.ts';
import { DomainError, kernelErrors, missingPermission } from '../../kernel/errors.ts';
import { newId } from '../../kernel/ids.ts';
import type { AppendAuditEvent } from '../audit/schema.ts';
import { appendReportedEvents } from '../audit/service.ts';
import { answerGraphql, type GraphqlAnswer } from './graphql.ts';
import { tenantsOfGroups } from './groups.ts';
import { eventHash, type HashedEvent } from './hash.ts';
import {
  extraOf,
  graphqlRequest,
  type RetracedEvent,
  retracedEvent,
  retracedEvents,
  retracedProject,
  viewerSessionInput,
  viewerTokenQuery,
} from './schema.ts';
import { SearchMistake } from './search-query.ts';
import { searchEvents } from './searching.ts';
import type { ViewerGrant } from './viewer-tokens.ts';
import { grantOfViewer, mintViewerToken, openViewerSession, voucherOf } from './viewers.ts';

export { identifyViewer } from './viewers.ts';

/** The parts of a request that are input. */
export interface RetracedInput {
  readonly params: unknown;
  readonly query: unknown;
  readonly body: unknown;
}

/** What a client is told of an event that was written. */
export interface NewEventRecord {
  readonly id: string;
  readonly hash: string;
}

const FIELDS = { tenant_id: '/group/id', occurred_at: '/created' };

/** Writes one event. Throws `unauthenticated`, `forbidden`, `invalid_input`, `not_found`, `occurred_in_the_future`. */
export async function reportEvent(caller: Context, input: RetracedInput): Promise<NewEventRecord> {
  const ctx = publisher(caller, 'audit:append');
  const product = productIn(input);
  const event = parsed(retracedEvent, input.body);
  const [record] = await written(ctx, [{ product, event, sent: input.body, pointer: '' }]);
  if (record === undefined) throw new Error('an event that was written has a record');
  return record;
}

/** Writes all the events or none. Throws what `reportEvent` throws. */
export async function reportEvents(caller: Context, input: RetracedInput): Promise<NewEventRecord[]> {
  const ctx = publisher(caller, 'audit:append');
  const product = productIn(input);
  const { events } = parsed(retracedEvents, input.body);
  const { events: sent } = input.body as { readonly events: readonly unknown[] }; // as its schema has found it
  return written(
    ctx,
    events.map((event, index) => ({ product, event, sent: sent[index], pointer: `/events/${index}` })),
  );
}

/** Makes the token of somebody who looks at the log of one group. Throws `not_found` for a group of another tenant. */
export async function makeViewerToken(
  caller: Context,
  input: RetracedInput,
  credential: string,
): Promise<{ readonly token: string }> {
  const ctx = publisher(caller, 'audit:read');
  const query = parsed(viewerTokenQuery, input.query, 'query');
  return { token: await mintViewerToken(ctx, { product: productIn(input), query, credential }) };
}

/** Searches the events of a product: of all tenants for an internal token, of its own for a key. */
export async function searchAsPublisher(caller: Context, input: RetracedInput): Promise<GraphqlAnswer> {
  const ctx = publisher(caller, 'audit:read');
  const { tenant_id, project_id } = ctx.actor;
  const scope = { product: productIn(input), tenant_id: tenant_id ?? undefined, project_id, target_id: null };
  return searched(ctx, scope, input.body);
}

/** Exchanges the token of a viewer for a session. Who sends another one is noted. Throws `unauthenticated`. */
export async function makeViewerSession(ctx: Context, input: RetracedInput) {
  const { token } = parsed(viewerSessionInput, input.body);
  try {
    return await openViewerSession(ctx, token);
  } catch (error) {
    if (error instanceof DomainError && error.definition.status === 'UNAUTHORIZED')
      ctx.accessLog.failed('other', error.extras.reason ?? 'unknown', ctx.sourceIp ?? 'unknown');
    throw error;
  }
}

/**
 * Searches the events that a session of a viewer may see, and writes that somebody looked. The page of an administrator may
 * ask that its own looks be left out, as Retraced lets every page. Throws `unauthenticated`.
 */
export async function searchAsViewer(caller: Context, input: RetracedInput, token: string): Promise<GraphqlAnswer> {
  const ctx = known(caller);
  const grant = await grantOfViewer(ctx, token);
  const { product, tenant_id, project_id, target_id } = grant;
  const answer = await searched(ctx, { product, tenant_id, project_id, target_id }, input.body);
  const { skipViewLogEvent } = input.query as { readonly skipViewLogEvent?: unknown }; // Fastify makes an object of it
  if (answer.status === 200 && !(grant.is_admin && skipViewLogEvent)) await writeView(ctx, grant);
  return answer;
}

function known(ctx: Context): ActorContext {
  const { actor } = ctx;
  if (actor === null) throw ctx.refusal ?? kernelErrors.unauthenticated();
  return { ...ctx, actor };
}

/** The holder of an internal token may publish and read for its products; a key needs the permission. */
function publisher(caller: Context, permission: 'audit:append' | 'audit:read'): ActorContext {
  const ctx = known(caller);
  const { actor } = ctx;
  if (actor.type === 'internal') return ctx;
  if (actor.type === 'api_key' && actor.permissions.has(permission)) return ctx;
  if (permission === 'audit:append') ctx.accessLog.denied(actor, { permission, procedure: 'retraced.publish' });
  throw actor.type === 'api_key' ? missingPermission(permission) : kernelErrors.forbidden({ detail: WRONG_KIND });
}

const WRONG_KIND = 'These paths take an internal token or an API key.';

function productIn({ params }: RetracedInput): string {
  return parsed(retracedProject, params, 'path').product;
}

interface Schema<T> {
  safeParse(
    value: unknown,
  ): { readonly success: true; readonly data: T } | { readonly success: false; readonly error: Mistakes };
}

type Mistakes = Parameters<typeof inputMistakes>[0];

/** Throws `invalid_input`, with the place of each mistake. */
function parsed<T>(schema: Schema<T>, given: unknown, place: 'path' | 'query' | 'body' = 'body'): T {
  const odd = malformed(given);
  const result = odd === undefined ? schema.safeParse(given) : undefined;
  if (result?.success) return result.data;
  const mistakes = odd === undefined && result !== undefined ? inputMistakes(result.error, given) : [];
  const errors = [...(odd === undefined ? [] : [odd]), ...mistakes].map((each) => ({ ...each, in: place }));
  throw placed(kernelErrors.invalidInput({ errors }), { method: 'POST', path: '' });
}

interface Sent {
  readonly product: string;
  readonly event: RetracedEvent;
  /** As it came: what its client computes the hash of. */
  readonly sent: unknown;
  readonly pointer: string;
}

async function written(ctx: ActorContext, sent: readonly Sent[]): Promise<NewEventRecord[]> {
  const groups = sent.map(({ event, pointer }) => ({ name: event.group?.id, pointer: `${pointer}/group/id` }));
  const tenants = await tenantsOfGroups(ctx, groups);
  const reported = sent.map(({ product, event, sent, pointer }, index) => {
    const id = newId(ctx.clock);
    const hash = eventHash(sent as HashedEvent, id); // the schema has looked at every part of it
    const { project_id } = ctx.actor;
    const row = { ...toEvent(event), product, project_id, tenant_id: tenants[index] ?? null };
    return { id, event: row, extra: { ...extraOf(event), hash }, pointer };
  });
  await appendReportedEvents(ctx, reported, { fields: FIELDS, reportedBy: ctx.actor.principal });
  return reported.map(({ id, extra }) => ({ id, hash: extra.hash }));
}

function toEvent({ actor, target, ...event }: RetracedEvent): AppendAuditEvent {
  return {
    actor: { type: event.is_anonymous ? 'anonymous' : 'user', id: actor?.id ?? 'anonymous', name: actor?.name },
    action: event.action,
    // A row needs a type of its target.
    target: target && { type: target.type ?? 'target', id: target.id, name: target.name },
    description: event.description,
    metadata: event.metadata ?? {},
    source_ip: event.source_ip,
    is_failure: event.is_failure ?? false,
    occurred_at: event.created,
    crud: event.crud,
    external_id: event.external_id,
  };
}

async function searched(ctx: ActorContext, scope: retraced.RetracedScope, body: unknown): Promise<GraphqlAnswer> {
  const request = parsed(graphqlRequest, body);
  return answerGraphql(request, (asked) => searchEvents(ctx, scope, asked).catch(asMistake));
}

/** A cursor is an argument of the query: its mistake is told in the words of GraphQL. */
function asMistake(error: unknown): never {
  const isCursor = error instanceof DomainError && error.definition === kernelErrors.invalidCursor.definition;
  throw isCursor ? new SearchMistake('search_invalid', error.message) : error;
}

async function writeView(ctx: ActorContext, grant: ViewerGrant): Promise<void> {
  const { product, tenant_id, project_id, target_id, actor_id, view_action } = grant;
  const event: AppendAuditEvent = {
    tenant_id,
    product,
    project_id,
    actor: actor_id === null ? { type: 'anonymous', id: 'anonymous' } : { type: 'user', id: actor_id },
    action: view_action,
    target: target_id === null ? null : { type: 'target', id: target_id },
    crud: 'r',
    description: 'Viewed the audit log',
    metadata: {},
    source_ip: ctx.sourceIp,
    is_failure: false,
  };
  const reported = [{ id: newId(ctx.clock), event, extra: null, pointer: '' }];
  await appendReportedEvents(ctx, reported, { fields: FIELDS, reportedBy: voucherOf(grant) });
}
