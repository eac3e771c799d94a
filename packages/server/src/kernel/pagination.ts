/** The shapes of pages: the inputs that every list takes, and the output that it gives. */
import { z } from 'zod';

export const LIMIT_DEFAULT = 50;
export const LIMIT_MAX = 200;
/** The answer that holds a page is no longer than this, unless its one item alone is. */
export const PAGE_BYTES_MAX = 1_048_576;
const CURSOR_LENGTH_MAX = 1024;
/** The bytes of a page that its items may take: the rest is left to the cursor and the names around both. */
export const ITEMS_BYTES_MAX = PAGE_BYTES_MAX - 2 * CURSOR_LENGTH_MAX;

/** The two inputs that every list takes. */
export const pageInput = {
  limit: z
    .int()
    .min(1)
    .max(LIMIT_MAX)
    .default(LIMIT_DEFAULT)
    .describe('Items at most. A page also ends at 1 MiB, with at least one item and a `next_cursor`.'),
  cursor: z
    .string()
    .min(1)
    .max(CURSOR_LENGTH_MAX)
    .optional()
    .describe('`next_cursor` of the page before, for the same filters.'),
};

/** The output of every list. */
export function pageOf<Item extends z.ZodType>(item: Item) {
  return z
    .object({
      items: z.array(item).meta({ maxItems: LIMIT_MAX, description: 'The rows of this page.' }),
      next_cursor: z.string().nullable().meta({
        description: 'Send it as `cursor` to get the next page; null on the last one.',
        maxLength: CURSOR_LENGTH_MAX,
      }),
    })
    .describe('A page of a list.');
}
