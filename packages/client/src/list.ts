/** Lists: the first page for those who await, all items of all pages for those who iterate. */
import type { Result } from './result.ts';

/** A page of a list; `next_cursor` is null on the last one. */
export interface Page<Item> {
  readonly items: readonly Item[];
  readonly next_cursor: string | null;
}

export interface List<P extends Page<unknown>> extends Result<P>, AsyncIterable<P['items'][number]> {}

/** Returns the result with the first page, which is also iterable over the items of it and of all pages after it. */
export function listOf<P extends Page<unknown>>(fetchPage: (cursor: string | undefined) => Result<P>): List<P> {
  const first = fetchPage(undefined);
  // Who only iterates, later, has not looked at it yet: a failure is theirs when they do.
  first.catch(() => {});
  let unused: Promise<P> | undefined = first;
  return Object.assign(first, {
    async *[Symbol.asyncIterator]() {
      // A second loop asks again.
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
