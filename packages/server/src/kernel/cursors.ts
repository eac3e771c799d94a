/** Signs the cursor between two pages of a list, and cuts the rows of a list into pages. */
import { createHash, createHmac, timingSafeEqual } from 'node:crypto';
import type { BytesRequest, RowsWithin } from '@tenant-registry/db';
import type { Actor } from './actor.ts';
import { type After, afterTimer } from './async/after.ts';
import { kernelErrors } from './errors.ts';
import type { Gate, GateOptions } from './gate.ts';
import { ITEMS_BYTES_MAX } from './pagination.ts';

const SIGNATURE_BYTES = 16;

export interface CursorCodec {
  /** Returns the opaque, signed cursor of a row's key values for the list and its filter. */
  encode(list: string, filter: object, key: readonly string[]): string;
  /** Returns the key values, or throws `invalid_cursor` when tampered with or made for another list or filter. */
  decode(list: string, filter: object, cursor: string): string[];
}

/** Makes a codec that agrees with every other one made with the same secret. */
export function createCursorCodec(secret: Uint8Array): CursorCodec {
  const sign = (list: string, filter: object, body: string) =>
    createHmac('sha256', secret)
      .update(`${list}\n${filterDigest(filter)}\n${body}`)
      .digest()
      .subarray(0, SIGNATURE_BYTES);
  return {
    encode(list, filter, key) {
      const body = Buffer.from(JSON.stringify(key)).toString('base64url');
      return `${body}.${sign(list, filter, body).toString('base64url')}`;
    },
    decode(list, filter, cursor) {
      const [body = '', signature = ''] = cursor.split('.');
      const given = Buffer.from(signature, 'base64url');
      const expected = sign(list, filter, body);
      if (given.length !== expected.length || !timingSafeEqual(given, expected)) throw kernelErrors.invalidCursor();
      // Signed by us, so it is an array of strings.
      return JSON.parse(Buffer.from(body, 'base64url').toString()) as string[];
    },
  };
}

function filterDigest(filter: object): string {
  const present = Object.entries(filter).filter(([, value]) => value !== undefined);
  present.sort(([a], [b]) => (a < b ? -1 : 1));
  return createHash('sha256').update(JSON.stringify(present)).digest('base64');
}

interface PageQuery<Filter extends object, Row> {
  /** The list's name, part of what a cursor is bound to. */
  readonly list: string;
  readonly input: Filter & { readonly limit: number; readonly cursor?: string | undefined };
  readonly keyOf: (row: Row) => readonly string[];
  /**
   * Fetches rows after the key, newest first: up to limit + 1 of them, or, for rows that can be large, up to the limit or
   * the size and whether more follow.
   */
  readonly fetch: (asked: BytesRequest) => Promise<readonly Row[] | RowsWithin<Row>>;
  /** Rows that one statement looks at, where rows can be large; absent: all of a page. */
  readonly rowsAtOnce?: number;
}

/**
 * Returns one page of a list: its items and the cursor of the next page, null when there is none. The page ends at the
 * limit or at its size in bytes, whichever comes first; one item at least is in it.
 */
export async function paginate<Filter extends object, Row>(cursors: CursorCodec, query: PageQuery<Filter, Row>) {
  return (await readPage(cursors, query)).page;
}

/** A page, and the bytes of its items. */
interface ReadPage<Page> {
  readonly page: Page;
  readonly bytes: number;
}

/** Reads a page, and tells the bytes of its items. */
async function readPage<Filter extends object, Row>(
  cursors: CursorCodec,
  query: PageQuery<Filter, Row>,
): Promise<ReadPage<{ items: Row[]; next_cursor: string | null }>> {
  const { limit, cursor, ...filter } = query.input;
  const { list, keyOf, fetch, rowsAtOnce = limit } = query;
  let after = cursor === undefined ? undefined : cursors.decode(list, filter, cursor);
  let bytesLeft = ITEMS_BYTES_MAX;
  const items: Row[] = [];
  for (;;) {
    const wanted = Math.min(limit - items.length, rowsAtOnce, rowsFor(bytesLeft, items.length));
    const { rows, more, lookedTo } = counted(await fetch({ limit: wanted, bytesMax: bytesLeft, after }), wanted);
    // A first row that is larger than a page is a page of its own.
    const { taken, bytes } = fitting(rows, bytesLeft, items.length === 0 ? 1 : 0);
    items.push(...rows.slice(0, taken));
    bytesLeft -= bytes;
    const last = items[items.length - 1];
    const all = taken >= rows.length;
    // A page that stopped looking ends there, whatever it has found by then.
    const stopped = all ? lookedTo : undefined;
    const full = !all || items.length === limit || bytesLeft <= 0 || stopped !== undefined;
    const bytesOfPage = ITEMS_BYTES_MAX - bytesLeft;
    const key = stopped ?? (last === undefined ? undefined : keyOf(last));
    if (key === undefined || (!more && all)) return { page: { items, next_cursor: null }, bytes: bytesOfPage };
    after = [...key];
    if (full) return { page: { items, next_cursor: cursors.encode(list, filter, after) }, bytes: bytesOfPage };
  }
}

/** What a list whose rows can be large takes of the context. */
interface LargePages {
  readonly cursors: CursorCodec;
  readonly largePages: Gate;
  readonly actor: Pick<Actor, 'tenant_id'>;
  readonly signal: AbortSignal;
}

/**
 * A tenant's large pages go at this pace. A page of 1 MiB stalls the process for about ten milliseconds: at one a second,
 * fewer than one in a hundred of the other callers' requests meet it.
 */
const BYTES_PER_SECOND = 1_048_576;

/**
 * Returns one page of a list whose rows can be large, read as `inTurn` says. Throws `tenant_busy`, `overloaded`.
 */
export async function paginateLarge<Filter extends object, Row>(
  ctx: LargePages,
  query: PageQuery<Filter, Row> & { readonly rowsAtOnce: number },
  after: After = afterTimer,
) {
  return inTurn(ctx, () => readPage(ctx.cursors, query), after);
}

/**
 * Runs the work that reads a page whose rows can be large, and returns the page. A page of 1 MiB takes this process some
 * milliseconds, in which it does nothing else: so a tenant reads one at a time, and its place is free again when the bytes
 * have had their time, a second for 1 MiB. Throws `tenant_busy`, `overloaded`.
 */
export async function inTurn<Page>(
  { largePages, actor: { tenant_id }, signal }: Omit<LargePages, 'cursors'>,
  read: () => Promise<ReadPage<Page>>,
  after: After = afterTimer,
): Promise<Page> {
  const leave = await largePages.enter(tenant_id, { signal });
  try {
    const { page, bytes } = await read();
    if (tenant_id === null) leave();
    else after((bytes * 1_000) / BYTES_PER_SECOND, leave);
    return page;
  } catch (error) {
    leave();
    throw error;
  }
}

/** The gate in front of large pages. Most of its places are not at work, but wait until their bytes have had their time. */
export const largePagesGate = {
  name: 'large_pages',
  places: 16,
  waitingMax: 500,
  tenantPlacesMax: 1,
  tenantWaitingMax: 50,
} as const satisfies GateOptions;

/** How many further rows the bytes suffice for, when rows go on as they were. */
function rowsFor(bytesLeft: number, rows: number): number {
  return rows === 0 ? Number.POSITIVE_INFINITY : Math.ceil((bytesLeft * rows) / (ITEMS_BYTES_MAX - bytesLeft));
}

function counted<Row>(fetched: readonly Row[] | RowsWithin<Row>, limit: number): RowsWithin<Row> {
  if ('more' in fetched) return fetched;
  return { rows: fetched.slice(0, limit), more: fetched.length > limit };
}

/** How many of the rows, from the first on, fit into the bytes as JSON (or are taken anyway), and the bytes of these. */
function fitting(rows: readonly unknown[], bytesMax: number, takenAnyway: number) {
  let bytes = 0;
  for (const [taken, row] of rows.entries()) {
    const next = bytes + bytesOf(row) + 1; // with its comma
    if (next > bytesMax && taken >= takenAnyway) return { taken, bytes };
    bytes = next;
  }
  return { taken: rows.length, bytes };
}

function bytesOf(value: unknown): number {
  return Buffer.byteLength(JSON.stringify(value));
}
