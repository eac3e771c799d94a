// engine: none
/** The wait for a database, with reads, events, pauses and chance in the hands of the test. */
import { expect, onTestFinished, test } from 'vitest';
import { type DatabaseWaitOptions, waitUntilReadyOn } from '../src/databases.ts';
import { type Database, DatabaseNotReadyError, RegistryError, type RegistryEvent } from '../src/index.ts';
import { rejectionOf } from './scripted-server.ts';

const ID = '0192f0c1-7f3a-7c52-9d1e-4b8a6f2e3c10';
const settled = () => new Promise<void>((resolve) => setImmediate(resolve));

const state = (status: Database['status'], reason: Database['reason'], message: string | null = null): Database =>
  ({ id: ID, tenant_id: 't', name: 'orders', status, reason, message, in_sync: status === 'ready' }) as Database; // what the wait looks at
const queued = state('provisioning', 'queued');
const ready = state('ready', 'healthy');

const refusal = (code: 'forbidden' | 'overloaded', status: number, retryAfter?: number) =>
  new RegistryError(code, { code, status, retryAfter });

interface Given extends DatabaseWaitOptions {
  /** What reads give, in order; the last one is repeated. */
  readonly reads: readonly (Database | RegistryError | Promise<Database>)[];
  /** What the feed rejects with. Absent: it is connected. */
  readonly refused?: RegistryError;
}

/** Begins a wait, whose pauses end when the test says so. */
function waiting({ reads, refused, ...options }: Given) {
  const pauses: { readonly ms: number; readonly end: () => void }[] = [];
  const seen: Database[] = [];
  const feed = { tell: (_: string) => {}, setLive: (_: boolean) => {}, asked: {}, isOpen: false };
  let count = 0;
  const get = async (_: { readonly id: string }) => {
    count += 1;
    const next = reads[Math.min(count, reads.length) - 1];
    if (next instanceof RegistryError) throw next;
    return next as Database | Promise<Database>; // the list is not empty
  };
  async function* subscribe(asked: object, { signal, onState }: { signal: AbortSignal; onState: OnState }) {
    if (refused !== undefined) throw refused;
    const told: string[] = [];
    let wake = () => {};
    const end = () => wake();
    signal.addEventListener('abort', end, { once: true });
    Object.assign(feed, {
      asked,
      isOpen: true,
      setLive: (live: boolean) => onState({ live }),
      tell(id: string) {
        told.push(id);
        wake();
      },
    });
    onState({ live: true });
    while (!signal.aborted) {
      const id = told.shift();
      if (id !== undefined)
        yield { subject: { type: 'database', id } } as RegistryEvent; // what the wait looks at
      else
        await new Promise<void>((resolve) => {
          wake = resolve;
        });
    }
    feed.isOpen = false;
  }
  const closing = new AbortController();
  onTestFinished(() => closing.abort());
  const result = waitUntilReadyOn({
    signal: closing.signal,
    ...options,
    id: ID,
    client: { databases: { get }, events: { subscribe } } as never, // the two operations that the wait calls
    runtime: {
      random: () => 0.5,
      sleep: (ms, signal) =>
        new Promise<void>((resolve) => {
          pauses.push({ ms, end: resolve });
          signal.addEventListener('abort', () => resolve(), { once: true });
        }),
    },
    onProgress: (database) => {
      seen.push(database);
      options.onProgress?.(database);
    },
  });
  result.catch(() => {});
  return {
    result,
    pauses,
    seen,
    feed,
    reads: () => count,
    async endPause() {
      pauses.at(-1)?.end();
      await settled();
    },
  };
}
type OnState = (state: { readonly live: boolean }) => void;

test('the wait resolves to the database once it can be used, and tells each state on the way once', async () => {
  const waitsForPooler = state('provisioning', 'waiting_for_pooler');
  const wait = waiting({ reads: [queued, queued, waitsForPooler, ready] });
  for (let n = 0; n < 4; n += 1) {
    await settled();
    wait.feed.tell(ID);
  }
  expect(await wait.result).toBe(ready);
  expect(wait.seen).toEqual([queued, waitsForPooler, ready]);
  expect(wait.feed.asked).toEqual({ tenant_id: 't', types: ['database.*'] });
});

test('an event about the database leads to a read at once, and one about another database to none', async () => {
  const wait = waiting({ reads: [queued] });
  await settled();
  const reads = wait.reads();
  wait.feed.tell('another');
  await settled();
  expect(wait.reads()).toBe(reads);
  wait.feed.tell(ID);
  await settled();
  expect(wait.reads()).toBe(reads + 1);
});

test('what is told while a read is under way is followed by another read, without a pause', async () => {
  const { promise, resolve } = Promise.withResolvers<Database>();
  const wait = waiting({ reads: [queued, promise, ready] });
  await settled();
  expect(wait.reads()).toBe(2);
  wait.feed.tell(ID);
  await settled();
  resolve(queued);
  expect(await wait.result).toBe(ready);
  expect(wait.pauses).toEqual([]);
});

test('the database is read every 30 seconds at least, however silent the feed is', async () => {
  const wait = waiting({ reads: [queued] });
  await settled();
  for (let n = 0; n < 5; n += 1) {
    const reads = wait.reads();
    expect(wait.pauses.at(-1)?.ms).toBeGreaterThanOrEqual(15_000);
    expect(wait.pauses.at(-1)?.ms).toBeLessThanOrEqual(30_000);
    await wait.endPause();
    expect(wait.reads()).toBe(reads + 1);
  }
});

test('a caller that may not read events, and one that lost the feed, reads after pauses of five seconds at most', async () => {
  const refused = waiting({ reads: [queued], refused: refusal('forbidden', 403) });
  const lost = waiting({ reads: [queued] });
  await settled();
  lost.feed.setLive(false);
  for (const wait of [refused, lost])
    for (let n = 0; n < 10; n += 1) {
      await settled();
      expect(wait.pauses.at(-1)?.ms).toBeLessThanOrEqual(5_000);
      await wait.endPause();
    }
  expect(refused.pauses.at(-1)?.ms).toBe(3_750);
  lost.feed.setLive(true);
  await settled();
  expect(lost.pauses.at(-1)?.ms).toBeGreaterThan(5_000);
});

test('reads that fail for the moment are repeated, not before Retry-After, and a refusal ends the wait', async () => {
  const wait = waiting({ reads: [refusal('overloaded', 503, 7), queued, refusal('overloaded', 503), ready] });
  await settled();
  expect(wait.pauses.at(-1)?.ms).toBe(7_000);
  for (let n = 0; n < 3; n += 1) await wait.endPause();
  expect(await wait.result).toBe(ready);
  const refused = waiting({ reads: [queued, refusal('forbidden', 403)] });
  await settled();
  expect(await rejectionOf(refused.result)).toMatchObject({ name: 'RegistryError', code: 'forbidden' });
});

// proves D15
test.each([
  ['error', 'refused', 'The image does not exist.'],
  ['error', 'timed_out', null],
  ['deleting', 'removing', null],
  ['deleted', 'destroyed', null],
] as const)(
  'a database that is %s (%s) ends the wait with what the registry says of it',
  async (status, reason, detail) => {
    const wait = waiting({ reads: [queued, state(status, reason, detail)] });
    const error = await rejectionOf(wait.result);
    expect(error).toBeInstanceOf(DatabaseNotReadyError);
    expect(error).toMatchObject({ code: 'failed', status, reason, detail, database: { name: 'orders' } });
    const text = [status, reason, ...(detail === null ? [] : [detail])].join(': ');
    expect(error).toMatchObject({ message: `The database orders cannot be used: ${text}` });
  },
);

test('a database that sleeps is waited for', async () => {
  const wait = waiting({ reads: [state('ready', 'asleep'), state('ready', 'asleep'), ready] });
  await settled();
  expect(wait.seen).toEqual([state('ready', 'asleep')]);
  wait.feed.tell(ID);
  expect(await wait.result).toBe(ready);
});

test('a wait that takes too long says where the database is, and why the registry was silent', async () => {
  const stuck = state('provisioning', 'waiting_for_database', 'No node has room.');
  const error = await rejectionOf(waiting({ reads: [stuck], timeoutMs: 30 }).result);
  expect(error).toMatchObject({ code: 'timeout', status: 'provisioning', reason: 'waiting_for_database' });
  expect(error).toMatchObject({
    message: 'The database orders was not ready in time: provisioning: waiting_for_database: No node has room.',
  });
  const silent = refusal('overloaded', 503);
  const late = await rejectionOf(waiting({ reads: [stuck, silent], timeoutMs: 30 }).result);
  expect(late).toMatchObject({ code: 'timeout', reason: 'waiting_for_database', cause: silent });
  expect(await rejectionOf(waiting({ reads: [silent], timeoutMs: 30 }).result)).toBe(silent);
});

test("the caller's signal ends the wait, also when it was aborted before, and the feed with it", async () => {
  const controller = new AbortController();
  const wait = waiting({ reads: [queued], signal: controller.signal });
  await settled();
  expect(wait.feed.isOpen).toBe(true);
  controller.abort(new Error('enough'));
  expect(await rejectionOf(wait.result)).toMatchObject({ code: 'aborted', cause: new Error('enough') });
  await settled();
  expect(wait.feed.isOpen).toBe(false);
  const late = waiting({ reads: [ready], signal: AbortSignal.abort() });
  expect(await rejectionOf(late.result)).toMatchObject({ code: 'aborted' });
});

test('a limit of time that cannot work is refused, and an error of onProgress ends the wait', async () => {
  expect(await rejectionOf(waiting({ reads: [queued], timeoutMs: 0 }).result)).toBeInstanceOf(TypeError);
  const broken = new Error('broken');
  const wait = waiting({
    reads: [queued],
    onProgress: () => {
      throw broken;
    },
  });
  expect(await rejectionOf(wait.result)).toBe(broken);
});
