/** Feed → generator: one item after the other. */
import type { FeedReader } from '../../../kernel/feed.ts';
import type { Followed, Told } from './followed.ts';

/**
 * Returns what a feed tells, one by one, from the first `next` on. Unlike a generator function's, its `return` ends it at
 * once, also while `next` waits for something to happen.
 */
export function itemsOf(open: () => Promise<FeedReader<Told>>): AsyncGenerator<Followed, void, void> {
  let opened: Promise<FeedReader<Told>> | undefined;
  let items: Followed[] = [];
  let over = false;
  const finish = async () => {
    over = true;
    items = [];
    const reader = await opened?.catch(() => undefined);
    await reader?.return?.();
  };
  const next = async (): Promise<IteratorResult<Followed, void>> => {
    while (items.length === 0 && !over) {
      opened ??= open();
      const { value, done } = await (await opened).next();
      if (done) over = true;
      else items = value.filter((told) => told.kind !== 'open');
    }
    const item = over ? undefined : items.shift();
    return item === undefined ? { value: undefined, done: true } : { value: item, done: false };
  };
  const done = { value: undefined, done: true } as const;
  return {
    next,
    async return() {
      await finish();
      return done;
    },
    async throw(error) {
      await finish();
      throw error;
    },
    [Symbol.asyncIterator]() {
      return this;
    },
    [Symbol.asyncDispose]: finish,
  };
}
