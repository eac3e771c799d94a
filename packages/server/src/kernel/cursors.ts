/** Signs the cursor between two pages of a list, and cuts the rows of a list into pages. */
import { createHash, createHmac, timingSafeEqual } from 'node:crypto';
import { kernelErrors } from './errors.ts';

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
  /** Fetches up to limit + 1 rows after the key, newest first. */
  readonly fetch: (page: { limit: number; after?: string[] }) => Promise<Row[]>;
}

/** Returns one page of a list: its items and the cursor of the next page, null when there is none. */
export async function paginate<Filter extends object, Row>(cursors: CursorCodec, query: PageQuery<Filter, Row>) {
  const { limit, cursor, ...filter } = query.input;
  const after = cursor === undefined ? {} : { after: cursors.decode(query.list, filter, cursor) };
  const rows = await query.fetch({ limit, ...after });
  const items = rows.slice(0, limit);
  const last = items[items.length - 1];
  const more = rows.length > limit && last !== undefined;
  return { items, next_cursor: more ? cursors.encode(query.list, filter, query.keyOf(last)) : null };
}
