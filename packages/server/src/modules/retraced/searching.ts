/** A page of a search: what was found, how many there are, and where the next page begins. */
import { type audit, retraced } from '@tenant-registry/db';
import type { ActorContext } from '../../kernel/context.ts';
import { inTurn } from '../../kernel/cursors.ts';
import type { SearchArguments } from './graphql.ts';
import { toNode } from './node.ts';
import { parseSearch, SearchMistake } from './search-query.ts';

const ROWS_DEFAULT = 20;
const ROWS_MAX = 100;
const USUAL = { rows: 10_000, statements: 10 };
const PAGE_BYTES_MAX = 1_048_576;
const LIST = 'retraced';
/** Rows to look at take half a millisecond: a unit of cost. */
const ROWS_PER_UNIT = 500;

export interface SearchAsked extends SearchArguments {
  /** Rows that one statement looks at, and statements of a page while it has found nothing; absent: the usual ones. */
  readonly bounds?: { readonly rows: number; readonly statements: number };
}

/**
 * Returns a page as GraphQL hands it out, newest first. A page never ends before the log does: while rows are left, it has
 * an edge whose cursor goes on from there. Throws `SearchMistake` when none of very many rows fits, and `invalid_cursor`.
 */
export async function searchEvents(ctx: ActorContext, scope: retraced.RetracedScope, asked: SearchAsked) {
  const text = asked.query ?? '';
  const last = asked.last ?? ROWS_DEFAULT;
  if (last < 1 || last > ROWS_MAX) throw new SearchMistake('search_invalid', `last must be from 1 to ${ROWS_MAX}.`);
  const filter = { scope, search: parseSearch(text) };
  const boundTo = { ...scope, tenant_id: scope.tenant_id ?? String(scope.tenant_id), query: text };
  const start = placeIn(ctx, boundTo, asked.before ?? '');
  const wanted = { limit: last, after: start.after, ...(asked.bounds ?? USUAL) };
  const page = await inTurn(ctx, async () => {
    const found = await firstFound(ctx, filter, wanted);
    return { page: found, bytes: found.bytes };
  });
  const isCut = page.hits > page.rows.length;
  const hasPreviousPage = isCut || page.end !== null;
  const cursorOf = (row: audit.AuditRow, index: number) => {
    const isLast = index === page.rows.length - 1;
    // Beyond the last row that was found, others were looked at.
    const [createdAt, id] = isLast && !isCut && page.end !== null ? page.end : [row.created_at, row.id];
    return ctx.cursors.encode(LIST, boundTo, [createdAt, id, String(start.before + (isLast ? last : index + 1))]);
  };
  const counted = start.before + page.hits;
  return {
    totalCount: hasPreviousPage ? Math.max(counted, start.before + last + 1) : counted,
    pageInfo: { hasPreviousPage, hasNextPage: false },
    edges: page.rows.map((row, index) => ({ cursor: cursorOf(row, index), node: toNode(row) })),
  };
}

interface Start {
  readonly after: retraced.RowPlace | undefined;
  /** The rows of the pages before it, each counted as full. */
  readonly before: number;
}

/** A client that is at the first page sends an empty cursor. */
function placeIn({ cursors }: ActorContext, boundTo: object, cursor: string): Start {
  if (cursor === '') return { after: undefined, before: 0 };
  const [createdAt = '', id = '', before = '0'] = cursors.decode(LIST, boundTo, cursor);
  return { after: [createdAt, id], before: Number(before) };
}

type Filter = Parameters<typeof retraced.listRetracedEvents>[1];

/** Looks on while nothing was found: a page without an edge has no cursor from which its reader could go on. */
async function firstFound(
  ctx: ActorContext,
  filter: Filter,
  { limit, after, rows, statements }: Wanted,
): Promise<retraced.RetracedPage> {
  let from = after;
  for (let count = 0; count < statements; count += 1) {
    const asked = { limit, after: from, bytesMax: PAGE_BYTES_MAX, rowsMax: rows };
    const page = await retraced.listRetracedEvents(ctx.db, filter, asked);
    ctx.budgets.charge(ctx.actor, Math.floor(page.looked / ROWS_PER_UNIT));
    if (page.rows.length > 0 || page.end === null) return page;
    from = page.end;
  }
  const message = `None of ${rows * statements} events fits: say when it was, with received:FROM,UNTIL.`;
  throw new SearchMistake('search_too_wide', message);
}

interface Wanted extends Pick<retraced.RetracedPageRequest, 'limit' | 'after'> {
  readonly rows: number;
  readonly statements: number;
}
