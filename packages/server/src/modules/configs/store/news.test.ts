// engine: none
import { expect, test } from 'vitest';
import { createNews } from './news.ts';

/** News whose moments and sending the test has in its hands. */
function newNews() {
  const due: (() => void)[] = [];
  const sent: { readonly text: string; readonly done: PromiseWithResolvers<void> }[] = [];
  const news = createNews({
    after(_, run) {
      due.push(run);
      return () => {};
    },
    send(text) {
      const done = Promise.withResolvers<void>();
      sent.push({ text, done });
      return done.promise;
    },
  });
  return { news, due, sent };
}

test('what is told within the wait is one notification, and what is told while it is sent is the next one', async () => {
  const { news, due, sent } = newNews();
  for (const id of ['a', 'b', 'a']) news.tell(id);
  expect([due.length, sent.length]).toEqual([1, 0]);
  due[0]?.();
  news.tell('c');
  news.tell('d');
  expect(sent.map(({ text }) => text.split(' ')[1])).toEqual(['a,b']);
  sent[0]?.done.reject(new Error('the database is away'));
  await new Promise(setImmediate);
  expect(sent.map(({ text }) => text.split(' ')[1])).toEqual(['a,b', 'c,d']);
  sent[1]?.done.resolve();
  await new Promise(setImmediate);
  news.tell('e');
  expect(due).toHaveLength(2);
});

test('another process hears the projects, too many of them as any, and what it told itself is no news', async () => {
  const [one, other] = [newNews(), newNews()];
  const tell = async (count: number) => {
    for (let index = 0; index < count; index += 1) one.news.tell(`project-${index}-${'x'.repeat(25)}`);
    one.due.shift()?.();
    const last = one.sent.at(-1);
    last?.done.resolve();
    await new Promise(setImmediate);
    return last?.text ?? '';
  };
  const few = await tell(200);
  // PostgreSQL takes less than 8,000 bytes.
  expect(Buffer.byteLength(few)).toBeLessThan(8_000);
  expect([one.news.heard(few), other.news.heard(few)?.length]).toEqual([[], 200]);
  const many = await tell(201);
  expect([one.news.heard(many), other.news.heard(many)]).toEqual([[], null]);
  expect(other.news.heard('')).toBeNull();
  one.news.close();
  one.news.tell('late');
  one.due.shift()?.();
  expect(one.sent).toHaveLength(2);
});
