// engine: none
import { expect, test } from 'vitest';
import { createVerifier, RegistryError } from '../src/index.ts';
import { steadyClock } from '../src/memory/steady-clock.ts';
import { OTHER_TENANT, SETTLE_MS, settled, TENANT } from './feed-harness.ts';
import { rejectionOf } from './scripted-server.ts';
import { accepted, KEY, refusal, verifierHarness } from './verifier-harness.ts';

test('memory answers the second question, with one frozen verdict', async () => {
  const { verifier, questions, opened } = verifierHarness();
  await opened();
  const first = await verifier.verify(KEY);
  expect(first).toEqual(accepted());
  expect(await verifier.verify(KEY)).toBe(first);
  expect(questions).toHaveLength(1);
  expect(() => Object.assign(first, { valid: false })).toThrow(TypeError);
  expect(() => first.valid && first.scopes.push('all')).toThrow(TypeError);
});

test('a verdict answers only its own question: key, scopes, product and access, the scopes in any order', async () => {
  const { verifier, questions, opened } = verifierHarness();
  await opened();
  const others = [{ scopes: ['a'] }, { scopes: ['a', 'b'] }, { product: 'certifai' }, { access: 'read' as const }];
  for (const question of [{}, ...others]) await verifier.verify(KEY, question);
  await verifier.verify(`${KEY.slice(0, -1)}e`);
  expect(questions).toHaveLength(6);
  for (const question of [{ access: 'write' as const }, { scopes: ['b', 'a'] }, ...others]) {
    await verifier.verify(KEY, question);
  }
  expect(questions).toHaveLength(6);
});

test('a change of its tenant ends a verdict at once; a change of another tenant does not', async () => {
  const { verifier, questions, opened, change, answers } = verifierHarness();
  await opened();
  await verifier.verify(KEY);
  await change(OTHER_TENANT);
  await verifier.verify(KEY);
  expect(questions).toHaveLength(1);
  answers(() => refusal('revoked'));
  await change(TENANT);
  expect(await verifier.verify(KEY)).toEqual(refusal('revoked'));
});

test('a reset ends every verdict', async () => {
  const { verifier, questions, opened, put } = verifierHarness();
  await opened();
  await verifier.verify(KEY);
  await put({ type: 'reset', id: 'e-9' });
  expect(verifier.size).toBe(0);
  await verifier.verify(KEY);
  expect(questions).toHaveLength(2);
});

test('a verdict that was asked for before a change and arrives after it is not kept', async () => {
  const { verifier, questions, asked, opened, change, answers, advance } = verifierHarness();
  await opened();
  answers(undefined);
  const early = verifier.verify(KEY);
  await asked(1);
  advance(1);
  await change(TENANT);
  questions[0]?.answer(accepted());
  expect(await early).toEqual(accepted());
  answers(() => refusal('revoked'));
  advance(SETTLE_MS + 1);
  expect(await verifier.verify(KEY)).toEqual(refusal('revoked'));
});

test('a verdict is not kept while another replica may still answer from before the change', async () => {
  const { verifier, questions, opened, change, advance, alive } = verifierHarness();
  await opened();
  await change(TENANT);
  for (const [ms, asked] of [
    [0, 1],
    [SETTLE_MS, 2],
    [1, 3],
    [0, 3],
  ] as const) {
    advance(ms);
    await alive();
    await verifier.verify(KEY);
    expect(questions).toHaveLength(asked);
  }
});

test('memory stops answering after three seconds of silence on the feed, and resumes with the next event', async () => {
  const { verifier, questions, opened, advance, alive, answers } = verifierHarness();
  await opened();
  await verifier.verify(KEY);
  advance(2_990);
  expect(verifier.live).toBe(true);
  await verifier.verify(KEY);
  expect(questions).toHaveLength(1);
  advance(20);
  expect(verifier.live).toBe(false);
  answers(() => refusal('revoked'));
  expect(await verifier.verify(KEY)).toEqual(refusal('revoked'));
  await alive();
  expect(verifier.live).toBe(true);
});

test('a late event counts from the time when it was sent, so a delay of the feed makes no verdict older', async () => {
  const { verifier, put, opened, advance, pauses } = verifierHarness();
  await opened();
  advance(10_000);
  // The event was sent eight seconds ago, so it proves nothing about the last three.
  await put({ type: 'alive', elapsed_ms: 4_000 });
  expect(verifier.live).toBe(false);
  // The verifier gives up this connection and opens another one after a pause.
  expect(pauses).toHaveLength(1);
});

test('after a down event each question goes to the registry, and no verdict is kept', async () => {
  const { verifier, questions, opened, put, alive } = verifierHarness();
  await opened();
  await put({ type: 'down' });
  expect(verifier.live).toBe(false);
  await verifier.verify(KEY);
  await verifier.verify(KEY);
  expect([questions.length, verifier.size]).toEqual([2, 0]);
  await alive();
  await verifier.verify(KEY);
  await verifier.verify(KEY);
  expect(questions).toHaveLength(3);
});

test('before the first alive event each question goes to the registry', async () => {
  const { verifier, questions, put } = verifierHarness();
  await verifier.verify(KEY);
  await put({ type: 'open', alive_ms: 1_000, settle_ms: SETTLE_MS }, { type: 'reset', id: 'e-1' });
  await verifier.verify(KEY);
  expect([questions.length, verifier.live, verifier.size]).toEqual([2, false, 0]);
});

test('a verdict is kept for ttlMs at most, counted from the question', async () => {
  const { verifier, questions, opened, advance, alive } = verifierHarness({ ttlMs: 10_000 });
  await opened();
  await verifier.verify(KEY);
  for (const [ms, asked] of [
    [9_999, 1],
    [1, 2],
  ] as const) {
    advance(ms);
    await alive();
    await verifier.verify(KEY);
    expect(questions).toHaveLength(asked);
  }
});

test('with ttlMs 0 nothing is kept', async () => {
  const { verifier, questions, opened } = verifierHarness({ ttlMs: 0 });
  await opened();
  await verifier.verify(KEY);
  await verifier.verify(KEY);
  expect([questions.length, verifier.size]).toEqual([2, 0]);
});

test('the verdict on a key that has expired is not given from memory', async () => {
  const { verifier, questions, opened, answers } = verifierHarness();
  await opened();
  answers(() => accepted({ expires_at: new Date(Date.now() + 60_000).toISOString() }));
  await verifier.verify(KEY);
  await verifier.verify(KEY);
  expect(questions).toHaveLength(1);
  answers(() => accepted({ expires_at: new Date(Date.now() - 1).toISOString() }));
  await verifier.verify(KEY, { scopes: ['a'] });
  await verifier.verify(KEY, { scopes: ['a'] });
  expect(questions).toHaveLength(3);
});

test('a refusal is kept for a second at most, and until the next change of any tenant', async () => {
  const { verifier, questions, opened, answers, advance, change } = verifierHarness();
  await opened();
  answers(() => refusal('tenant_frozen'));
  await verifier.verify(KEY);
  advance(999);
  await verifier.verify(KEY);
  expect(questions).toHaveLength(1);
  advance(1);
  await verifier.verify(KEY);
  expect(questions).toHaveLength(2);
  answers(() => accepted());
  await change(OTHER_TENANT);
  expect(await verifier.verify(KEY)).toEqual(accepted());
});

test('not_found is never kept, and a string that cannot be a key is refused without a request', async () => {
  const { verifier, questions, opened, answers } = verifierHarness();
  await opened();
  answers(() => refusal('not_found'));
  for (let round = 0; round < 3; round += 1) await verifier.verify(KEY);
  expect([questions.length, verifier.size]).toEqual([3, 0]);
  for (const junk of ['', ' ', 'a b', 'x'.repeat(201), 'schlüssel', 'a\0', '\ud800', `${KEY}\n`]) {
    expect(await verifier.verify(junk)).toEqual(refusal('not_found'));
  }
  expect(questions).toHaveLength(3);
});

test('at most entriesMax verdicts are kept: a full memory drops the least recently used', async () => {
  const { verifier, questions, opened } = verifierHarness({ entriesMax: 2 });
  await opened();
  for (const scope of ['a', 'b', 'a', 'c', 'a']) await verifier.verify(KEY, { scopes: [scope] });
  expect([questions.length, verifier.size]).toEqual([3, 2]);
  await verifier.verify(KEY, { scopes: ['b'] });
  expect(questions).toHaveLength(4);
});

test('a change of more than entriesMax tenants counts as a change of all, which bounds the memory', async () => {
  const { verifier, questions, opened, change } = verifierHarness({ entriesMax: 2 });
  await opened();
  await verifier.verify(KEY);
  await change('a', 'b', 'c');
  await verifier.verify(KEY);
  expect(questions).toHaveLength(2);
});

test('equal questions at one time share a request, except across a change', async () => {
  const { verifier, questions, asked, opened, answers, change, advance } = verifierHarness();
  await opened();
  answers(undefined);
  const together = [verifier.verify(KEY), verifier.verify(KEY)];
  await asked(1);
  advance(1);
  await change(TENANT);
  const after = verifier.verify(KEY);
  await asked(2);
  questions[1]?.answer(refusal('revoked'));
  questions[0]?.answer(accepted());
  expect(await Promise.all(together)).toEqual([accepted(), accepted()]);
  expect(await after).toEqual(refusal('revoked'));
});

test('equal questions do not share a request that is older than a second', async () => {
  const { verifier, questions, asked, opened, answers, advance } = verifierHarness();
  await opened();
  answers(undefined);
  const waiting = [verifier.verify(KEY)];
  await asked(1);
  advance(1_000);
  waiting.push(verifier.verify(KEY));
  await asked(2);
  for (const { answer } of questions) answer(accepted());
  await Promise.all(waiting);
});

test('a caller that gives up, by signal or timeout, takes the verdict from no other caller and not from memory', async () => {
  const { verifier, questions, asked, opened, answers } = verifierHarness();
  await opened();
  answers(undefined);
  const controller = new AbortController();
  const patient = verifier.verify(KEY);
  const impatient = rejectionOf(verifier.verify(KEY, {}, { signal: controller.signal }));
  const hurried = rejectionOf(verifier.verify(KEY, {}, { timeoutMs: 1 }));
  await asked(1);
  controller.abort(new Error('the caller is gone'));
  expect(await impatient).toMatchObject({ code: 'aborted', cause: { message: 'the caller is gone' } });
  expect(await hurried).toMatchObject({ code: 'timeout' });
  questions[0]?.answer(accepted());
  expect(await patient).toEqual(accepted());
  await verifier.verify(KEY);
  expect(questions).toHaveLength(1);
});

test('a failed request rejects all its callers, and the next question starts a new request', async () => {
  const { verifier, questions, asked, opened, answers } = verifierHarness();
  await opened();
  answers(undefined);
  const verdicts = [verifier.verify(KEY), verifier.verify(KEY)];
  await asked(1);
  questions[0]?.fail(new RegistryError('apiKeys.verify: no answer', { code: 'network' }));
  for (const verdict of verdicts) expect(await rejectionOf(verdict)).toMatchObject({ code: 'network' });
  answers(() => accepted());
  expect(await verifier.verify(KEY)).toEqual(accepted());
  expect(questions).toHaveLength(2);
});

test('a new connection continues from the last event, and the changes missed in between end verdicts', async () => {
  const { verifier, questions, connections, opened, broken, endPause, put, change, alive } = verifierHarness();
  await opened();
  await change(OTHER_TENANT);
  await verifier.verify(KEY);
  await broken();
  await endPause();
  expect(connections.map(({ lastEventId }) => lastEventId)).toEqual([undefined, 'e-2']);
  await put({ type: 'open', alive_ms: 1_000, settle_ms: SETTLE_MS });
  await alive();
  await verifier.verify(KEY);
  expect(questions).toHaveLength(1);
  await broken();
  await endPause();
  await put(
    { type: 'open', alive_ms: 1_000, settle_ms: SETTLE_MS },
    { type: 'change', id: 'e-3', tenant_ids: [TENANT] },
  );
  await alive();
  await verifier.verify(KEY);
  expect(questions).toHaveLength(2);
});

test('pauses between connections grow to five seconds, respect Retry-After, and start small after a live connection', async () => {
  const { opened, broken, endPause, pauses } = verifierHarness();
  for (let failed = 0; failed < 7; failed += 1) {
    await broken();
    await endPause();
  }
  expect(pauses.map(({ ms }) => ms)).toEqual([400, 800, 1_600, 3_200, 5_000, 5_000, 5_000]);
  await broken(new RegistryError('busy', { code: 'overloaded', status: 503, retryAfter: 20 }));
  expect(pauses.at(-1)?.ms).toBe(20_000);
  await endPause();
  await opened();
  await broken();
  expect(pauses.at(-1)?.ms).toBe(400);
});

test('onFeed is called once when the feed becomes live and once when it is lost, with the reason', async () => {
  const { states, opened, alive, broken, endPause } = verifierHarness();
  await opened();
  await alive();
  const error = new Error('the connection broke');
  await broken(error);
  await endPause();
  await broken(new Error('and again'));
  await endPause();
  await opened();
  expect(states).toEqual([{ live: true }, { live: false, error }, { live: true }]);
});

test('without the feed equal questions share no request, so each answer is newer than its question', async () => {
  const { verifier, questions, asked, answers } = verifierHarness();
  answers(undefined);
  const waiting = [verifier.verify(KEY), verifier.verify(KEY)];
  await asked(2);
  for (const { answer } of questions) answer(accepted());
  await Promise.all(waiting);
});

test('closing ends the feed and forgets all verdicts; later questions each go to the registry', async () => {
  const { verifier, questions, connections, opened, pauses } = verifierHarness();
  await opened();
  await verifier.verify(KEY);
  verifier.close();
  await settled();
  expect(connections.map(({ signal }) => signal?.aborted)).toEqual([true]);
  expect([verifier.live, verifier.size, pauses.length]).toEqual([false, 0, 0]);
  await verifier.verify(KEY);
  await verifier.verify(KEY);
  expect([questions.length, verifier.size]).toEqual([3, 0]);
});

test.each([
  { ttlMs: -1 },
  { ttlMs: Number.NaN },
  { ttlMs: Number.POSITIVE_INFINITY },
  { entriesMax: 0 },
  { entriesMax: 1.5 },
])('options that cannot work are refused: %j', (options) => {
  expect(() => verifierHarness(options)).toThrow(TypeError);
  const { client } = { client: undefined as never };
  expect(() => createVerifier({ client, ...options })).toThrow(TypeError);
});

test('the steady clock counts the time that a machine slept, and never runs backwards when the clock is set back', () => {
  const time = { monotonic: 100, ofDay: 1_000_000 };
  const now = steadyClock(
    () => time.monotonic,
    () => time.ofDay,
  );
  const advance = (monotonic: number, ofDay: number) => {
    time.monotonic += monotonic;
    time.ofDay += ofDay;
    return now();
  };
  expect(advance(10, 10)).toBe(110);
  expect(advance(10, 12)).toBe(120);
  expect(advance(10, 3_600_010)).toBe(3_600_132);
  expect(advance(10, 10)).toBe(3_600_142);
  expect(advance(10, -7_200_000)).toBe(3_600_152);
  expect(advance(10, 10)).toBe(3_600_162);
});
