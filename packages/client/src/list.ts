/** Lists: `await` gives the first page, `for await` the items of all pages. */
import type { Result } from './result.ts';

/** A page of a list; `next_cursor` is null on the last one. */
export interface Page<Item> {
  readonly items: readonly Item[];
  readonly next_cursor: string | null;
}

export interface List<P extends Page<unknown>> extends Result<P>, AsyncIterable<P['items'][number]> {}

/** Returns the promise of the first page, which is also iterable over the items of all pages. */
export function listOf<P extends Page<unknown>>(fetchPage: (cursor: string | undefined) => Result<P>): List<P> {
  const first = fetchPage(undefined);
  // A failure of the first page reaches the `await` or the loop; before a late loop begins, it must not be unhandled.
  first.catch(() => {});
  let unused: Promise<P> | undefined = first;
  return Object.assign(first, {
    async *[Symbol.asyncIterator]() {
      // The first loop uses the page that was fetched; each later loop fetches its own.
      let page = await (unused ?? fetchPage(undefined));
      unused = undefined;
      yield* page.items;
      while (page.next_cursor !== null) {
        page = await fetchPage(page.next_cursor);
        yield* page.items;
      }
    },
  });
}
