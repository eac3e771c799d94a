/** The audit log: products add to it, operators read it, nobody changes it. */
import { audit, type BytesRequest, tenants } from '@tenant-registry/db';
import { createPace } from '../../kernel/async/pace.ts';
import type { ActorContext, Context } from '../../kernel/context.ts';
import { paginateLarge } from '../../kernel/cursors.ts';
import { violates } from '../../kernel/errors/from-database.ts';
import { type InputMistake, kernelErrors } from '../../kernel/errors.ts';
import { newId } from '../../kernel/ids.ts';
import { reachable, spanOf } from '../../kernel/reach.ts';
import { begun, type TextStream, toTextStream } from '../../kernel/streams/text-stream.ts';
import { appendOnce } from '../../kernel/transact.ts';
import { readBatches } from './batches.ts';
import { auditErrors } from './errors.ts';
import { type ExportFormat, exportFormats } from './formats.ts';
import { toEvent, toRow } from './row.ts';
import type { AppendAuditEvent, AppendAuditEvents, AuditEvent, ExportAuditEvents, ListAuditEvents } from './schema.ts';

/** How far a product's clock may be ahead of ours. */
const AHEAD_MS_MAX = 300_000;
/** Rows of a page that one statement looks at: a third of the longest page, and the whole of a usual one. */
const PAGE_ROWS = 67;
/** A faster reader would have this process make text all the time, and answer others between two batches alone. */
const EXPORT_PACE = { bytesPerSecond: 4_194_304, aheadSeconds: 1 };
/** From here on text is a piece: rows are joined until then. */
const PIECE_LENGTH = 16_384;
const SEARCH_OF_ALL = 'is searched for in one tenant: name it in tenant_id';
/** That one problem lists. */
const MISTAKES_MAX = 20;

/** Writes one event of any tenant, frozen and archived ones too: what happened is never refused. Throws `not_found`. */
export async function appendAuditEvent(ctx: ActorContext, event: AppendAuditEvent): Promise<AuditEvent> {
  const row = stamped(ctx, event, ctx.clock());
  refuse(ctx, [{ row, pointer: '' }]);
  try {
    return toEvent(await appendOnce(ctx, (db) => audit.appendAuditEvent(db, row)));
  } catch (error) {
    throw await explained(ctx, error, { entries: [{ row, pointer: '' }] });
  }
}

/** Writes all the events or none. Throws `not_found`. */
export async function appendAuditEvents(ctx: ActorContext, { events }: AppendAuditEvents): Promise<{ ids: string[] }> {
  const now = ctx.clock();
  const entries = events.map((event, index) => ({ row: stamped(ctx, event, now), pointer: `/events/${index}` }));
  refuse(ctx, entries);
  await appendAll(ctx, entries);
  return { ids: entries.map(({ row }) => row.id) };
}

/** What a client of another audit service reported, in the words of this one. */
export interface ReportedEvent {
  readonly id: string;
  readonly event: AppendAuditEvent;
  readonly extra: Readonly<Record<string, unknown>> | null;
  /** Where it stands in the input. */
  readonly pointer: string;
}

/** The fields of another service that say when it happened and which tenant it is about. */
export interface ReportedFields {
  readonly occurred_at: string;
  readonly tenant_id: string;
}

/**
 * Writes all the events or none. Any action may be theirs, also one that begins with a noun of the registry's: the origin of
 * a row tells them apart. `reportedBy` is the principal that vouches for them. Throws `not_found`,
 * `occurred_in_the_future`.
 */
export async function appendReportedEvents(
  ctx: ActorContext,
  reported: readonly ReportedEvent[],
  { fields, reportedBy }: { readonly fields: ReportedFields; readonly reportedBy: string },
): Promise<void> {
  const now = ctx.clock();
  const entries = reported.map(({ id, event, extra, pointer }) => {
    const stamp = { id, now, requestId: ctx.requestId, reportedBy };
    return { row: { ...toRow(event, stamp), id, extra }, pointer };
  });
  refuseForeign(ctx, entries, fields.tenant_id);
  refuseFuture(ctx, entries, fields.occurred_at);
  await appendAll(ctx, entries, fields.tenant_id);
}

/** One page of what the caller may see, newest first. An unknown tenant has no events. Throws `invalid_cursor`, `invalid_input`, `not_found`, `tenant_busy`. */
export async function listAuditEvents(ctx: ActorContext, input: ListAuditEvents) {
  const { limit, cursor: _, ...asked } = input;
  const filter = filterOf(ctx, asked);
  const { items, next_cursor } = await paginateLarge(ctx, {
    list: 'audit',
    input,
    keyOf: ({ created_at, id }: audit.AuditRow) => [created_at, id],
    fetch: (page) => audit.listAuditEvents(ctx.db, filter, page),
    // A search is one statement, whose bound on the rows that it looks at is that of the page.
    rowsAtOnce: filter.q === undefined ? PAGE_ROWS : limit,
  });
  return { items: items.map(toEvent), next_cursor };
}

/** Limits a list to what the caller may see. Throws `not_found`, and `invalid_input` for a search in all tenants. */
function filterOf(ctx: ActorContext, asked: audit.AuditFilter): audit.AuditFilter {
  const { deleted_tenant_slug, q } = asked;
  // To a caller of a tenant the slugs of others tell nothing, also when they are gone.
  if (deleted_tenant_slug !== undefined && ctx.actor.tenant_id !== null) throw kernelErrors.notFound();
  const filter = { ...asked, ...spanOf(ctx, asked) };
  if (q !== undefined && filter.tenant_id === undefined && deleted_tenant_slug === undefined)
    throw kernelErrors.invalidInput({ errors: [{ pointer: '/q', message: SEARCH_OF_ALL }] });
  return filter;
}

/** Throws `not_found`. */
export async function getAuditEvent(ctx: ActorContext, id: string): Promise<AuditEvent> {
  return toEvent(reachable(ctx, await audit.findAuditEvent(ctx.db, id)));
}

/**
 * Every event that the filter finds, newest first, as text that is read from the database while it is sent: one batch of
 * rows at most is in memory. An export has a place of a gate until its end. Opening it throws `not_found` for a tenant that
 * is not the caller's, `invalid_input`, `tenant_busy` and `overloaded`.
 */
export function exportAuditEvents(ctx: ActorContext, { format, ...asked }: ExportAuditEvents): TextStream {
  const filter = filterOf(ctx, asked);
  const form = exportFormats[format];
  const fetch = (rows: BytesRequest) => audit.listAuditEvents(ctx.db, filter, rows);
  const open = async () => {
    const leave = await ctx.audit.exports.enter(ctx.actor.tenant_id);
    return begun(pieces(form, readBatches(fetch)), leave);
  };
  return toTextStream(open, form);
}

async function* pieces(
  { head, line }: ExportFormat,
  batches: AsyncIterable<readonly audit.AuditRow[]>,
): AsyncGenerator<string> {
  const pace = createPace(EXPORT_PACE);
  let piece = head;
  for await (const batch of batches) {
    let length = 0;
    for (const row of batch) {
      piece += line(toEvent(row));
      if (piece.length < PIECE_LENGTH) continue;
      length += piece.length;
      yield piece;
      piece = '';
    }
    await pace(length);
  }
  if (piece !== '') yield piece;
}

interface Entry {
  readonly row: audit.NewAuditEvent & { readonly id: string };
  /** Where it stands in the input. */
  readonly pointer: string;
}

/** A caller of a tenant, or of a project, need not name it. */
function stamped({ actor, clock, requestId }: ActorContext, event: AppendAuditEvent, now: Date): Entry['row'] {
  const id = newId(clock);
  const row = toRow(event, { id, now, requestId, reportedBy: actor.principal });
  return { ...row, id, tenant_id: row.tenant_id ?? actor.tenant_id, project_id: row.project_id ?? actor.project_id };
}

function refuse(ctx: ActorContext, entries: readonly Entry[]): void {
  refuseForeign(ctx, entries);
  refuseReserved(ctx, entries);
  refuseFuture(ctx, entries);
}

function refuseForeign({ actor }: ActorContext, entries: readonly Entry[], field = '/tenant_id'): void {
  const foreign = (column: 'tenant_id' | 'project_id') =>
    actor[column] === null ? [] : entries.filter(({ row }) => row[column] !== actor[column]);
  const errors = [
    ...mistakesAt(foreign('tenant_id'), field, 'there is no such tenant'),
    ...mistakesAt(foreign('project_id'), '/project_id', 'there is no such project'),
  ];
  if (errors.length > 0) throw kernelErrors.notFound({ errors });
}

function refuseReserved({ audit: { isReserved } }: Context, entries: readonly Entry[]): void {
  const reserved = entries.filter(({ row }) => isReserved(row.action));
  const errors = mistakesAt(reserved, '/action', "begins with a noun of the registry's own events");
  if (errors.length > 0) throw auditErrors.reservedAction({ errors });
}

function refuseFuture({ clock }: Context, entries: readonly Entry[], field = '/occurred_at'): void {
  const latest = new Date(clock().getTime() + AHEAD_MS_MAX);
  const early = entries.filter(
    ({ row: { occurred_at } }) => occurred_at !== undefined && new Date(occurred_at) > latest,
  );
  const errors = mistakesAt(early, field, 'is more than five minutes in the future');
  if (errors.length > 0) throw auditErrors.occurredInTheFuture({ errors });
}

/** Writes all or none, and charges the caller for each. Throws `not_found`, at the field of the tenant. */
async function appendAll(ctx: ActorContext, entries: readonly Entry[], field?: string): Promise<void> {
  ctx.budgets.charge(ctx.actor, entries.length - 1);
  const rows = entries.map(({ row }) => row);
  try {
    await appendOnce(ctx, (db) => audit.appendAuditEvents(db, rows));
  } catch (error) {
    throw await explained(ctx, error, { entries, field });
  }
}

/** The database says that a tenant does not exist; which one, is asked only then. */
async function explained(
  { db }: Context,
  cause: unknown,
  { entries, field = '/tenant_id' }: { readonly entries: readonly Entry[]; readonly field?: string | undefined },
): Promise<unknown> {
  if (!violates(cause, 'audit_log_tenant_id_fkey')) return cause;
  const tenantOf = ({ row }: Entry) => row.tenant_id ?? [];
  const known = new Set(await tenants.listTenantIds(db, [...new Set(entries.flatMap(tenantOf))]));
  const lost = entries.filter((entry) => [tenantOf(entry)].flat().some((id) => !known.has(id)));
  return kernelErrors.notFound({ cause, errors: mistakesAt(lost, field, 'there is no such tenant') });
}

function mistakesAt(entries: readonly Entry[], field: string, message: string): InputMistake[] {
  return entries.slice(0, MISTAKES_MAX).map(({ pointer }) => ({ pointer: pointer + field, message }));
}
