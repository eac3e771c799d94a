// engine: none
import { randomBytes } from 'node:crypto';
import { expect, test } from 'vitest';
import { createCursorCodec, largePagesGate, paginate, paginateLarge } from './cursors.ts';
import { createGate } from './gate.ts';
import { PAGE_BYTES_MAX } from './pagination.ts';

const cursors = createCursorCodec(randomBytes(32));

interface Row {
  readonly id: string;
  readonly text: string;
}

const rowsOf = (lengths: readonly number[]): Row[] =>
  lengths.map((length, index) => ({ id: String(index).padStart(4, '0'), text: 'é'.repeat(length / 2) }));

/** A table that answers as the database does for rows that can be large, and notes what it was asked for and gave. */
function table(rows: readonly Row[]) {
  const asked: number[] = [];
  let given = 0;
  const fetch = async ({
    limit,
    bytesMax,
    after,
  }: {
    limit: number;
    bytesMax: number;
    after?: readonly string[] | undefined;
  }) => {
    asked.push(limit);
    const rest = rows.filter(({ id }) => after === undefined || id > (after[0] ?? ''));
    const kept: Row[] = [];
    let bytes = 0;
    for (const row of rest.slice(0, limit)) {
      if (bytes >= bytesMax) break;
      bytes += row.text.length * 2;
      kept.push(row);
    }
    given += bytes;
    return { rows: kept, more: kept.length < rest.length };
  };
  return { fetch, asked, given: () => given };
}

const keyOf = ({ id }: Row) => [id];
const page = (source: ReturnType<typeof table>, input: { limit: number; cursor?: string }) =>
  paginate(cursors, { list: 'rows', input, keyOf, fetch: source.fetch, rowsAtOnce: 67 });

// proves A51
test('pages end at 1 MiB, hold every row once, and ask the database for no more than such a page', async () => {
  const rows = rowsOf(Array.from({ length: 40 }, (_, index) => (index % 7 === 0 ? 400_000 : 60_000)));
  const seen: string[] = [];
  let cursor: string | undefined;
  do {
    const source = table(rows);
    const answer = await page(source, { limit: 200, ...(cursor === undefined ? {} : { cursor }) });
    expect(Buffer.byteLength(JSON.stringify(answer))).toBeLessThanOrEqual(PAGE_BYTES_MAX);
    expect(source.given()).toBeLessThan(PAGE_BYTES_MAX + 400_000);
    seen.push(...answer.items.map(({ id }) => id));
    cursor = answer.next_cursor ?? undefined;
  } while (cursor !== undefined);
  expect(seen).toEqual(rows.map(({ id }) => id));
});

test('a row that is larger than a page is a page of its own', async () => {
  const rows = rowsOf([10, PAGE_BYTES_MAX * 2, 10]);
  const first = await page(table(rows), { limit: 50 });
  expect(first.items.map(keyOf)).toEqual([['0000']]);
  const second = await page(table(rows), { limit: 50, cursor: first.next_cursor ?? '' });
  expect(second.items.map(keyOf)).toEqual([['0001']]);
  const third = await page(table(rows), { limit: 50, cursor: second.next_cursor ?? '' });
  expect([third.items.map(keyOf), third.next_cursor]).toEqual([[['0002']], null]);
});

test('small rows are fetched up to the limit, and large ones no further than the size suffices', async () => {
  const small = table(rowsOf(Array.from({ length: 500 }, () => 100)));
  const answer = await page(small, { limit: 200 });
  expect([answer.items.length, answer.next_cursor === null]).toEqual([200, false]);
  expect(small.asked).toEqual([67, 67, 66]);
  const growing = table(rowsOf(Array.from({ length: 500 }, (_, index) => (index < 60 ? 100 : 80_000))));
  expect((await page(growing, { limit: 200 })).items.length).toBe(72);
});

test('the last page has no cursor, also when it is full', async () => {
  for (const length of [0, 1, 67, 134, 200]) {
    const answer = await page(table(rowsOf(Array.from({ length }, () => 100))), { limit: 200 });
    expect([answer.items.length, answer.next_cursor]).toEqual([length, null]);
  }
});

test('a list that fetches one row more than its limit ends at the size too', async () => {
  const rows = rowsOf(Array.from({ length: 60 }, () => 40_000));
  const fetch = async ({ limit, after = [''] }: { limit: number; after?: readonly string[] | undefined }) =>
    rows.filter(({ id }) => id > (after[0] ?? '')).slice(0, limit + 1);
  const plain = (limit: number) => paginate(cursors, { list: 'rows', input: { limit }, keyOf, fetch });
  const cut = await plain(50);
  expect([cut.items.length, cut.next_cursor === null]).toEqual([26, false]);
  const few = await plain(10);
  expect([few.items.length, few.next_cursor === null]).toEqual([10, false]);
  expect(cursors.decode('rows', {}, cut.next_cursor ?? '')).toEqual(['0025']);
});

test('a tenant reads one large page at a time, and the next when the bytes of it have had their time; others read meanwhile', async () => {
  const largePages = createGate(largePagesGate);
  const timers: { ms: number; run: () => void }[] = [];
  const after = (ms: number, run: () => void) => {
    timers.push({ ms, run });
    return () => {};
  };
  const signal = new AbortController().signal;
  const source = () => table(rowsOf(Array.from({ length: 100 }, () => 40_000)));
  const read = (tenant_id: string | null) =>
    paginateLarge(
      { cursors, largePages, actor: { tenant_id }, signal },
      { list: 'rows', input: { limit: 50 }, keyOf, rowsAtOnce: 50, fetch: source().fetch },
      after,
    );
  expect((await read('busy')).items).toHaveLength(26);
  let second = 'waits';
  const next = read('busy').then(() => {
    second = 'is read';
  });
  await read('other');
  for (let each = 0; each < 3; each += 1) await read(null);
  expect([second, timers.length]).toEqual(['waits', 2]);
  expect(timers[0]?.ms).toBeCloseTo((26 * 40_024 * 1_000) / 1_048_576, 0);
  timers[0]?.run();
  await next;
  for (const { run } of timers) run();
  expect(largePages.load().running).toBe(0);
});

test('a large page that cannot be read leaves its place free', async () => {
  const largePages = createGate(largePagesGate);
  const ctx = { cursors, largePages, actor: { tenant_id: 'a' }, signal: new AbortController().signal };
  const fetch = () => Promise.reject(new Error('the database is away'));
  const query = { list: 'rows', input: { limit: 50 }, keyOf, rowsAtOnce: 50, fetch };
  for (let each = 0; each < 2; each += 1) await expect(paginateLarge(ctx, query)).rejects.toThrow('away');
  expect(largePages.load().running).toBe(0);
});
