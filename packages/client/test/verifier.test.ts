import { expect, test } from 'vitest';
import { createVerifier, RegistryError } from '../src/index.ts';
import { steadyClock } from '../src/verifier/steady-clock.ts';
import { accepted, handFed, KEY, OTHER_TENANT, refusal, SETTLE_MS, settled, TENANT } from './hand-fed.ts';
import { rejectionOf } from './scripted-server.ts';

test('the second question is answered from memory, with the same verdict, and nobody can change it', async () => {
  const { verifier, questions, opened } = handFed();
  await opened();
  const first = await verifier.verify(KEY);
  expect(first).toEqual(accepted());
  expect(await verifier.verify(KEY)).toBe(first);
  expect(questions).toHaveLength(1);
  expect(() => Object.assign(first, { valid: false })).toThrow(TypeError);
  expect(() => first.valid && first.scopes.push('all')).toThrow(TypeError);
});

test('each question is one of its own: another key, other scopes, another product, another access', async () => {
  const { verifier, questions, opened } = handFed();
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

test('a change of its tenant ends a verdict at once; that of another tenant does not', async () => {
  const { verifier, questions, opened, change, answers } = handFed();
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
  const { verifier, questions, opened, put } = handFed();
  await opened();
  await verifier.verify(KEY);
  await put({ type: 'reset', id: 'e-9' });
  expect(verifier.size).toBe(0);
  await verifier.verify(KEY);
  expect(questions).toHaveLength(2);
});

test('a verdict that was asked for before a change came is not kept, although it arrives after it', async () => {
  const { verifier, questions, asked, opened, change, answers, pass } = handFed();
  await opened();
  answers(undefined);
  const early = verifier.verify(KEY);
  await asked(1);
  pass(1);
  await change(TENANT);
  questions[0]?.answer(accepted());
  expect(await early).toEqual(accepted());
  answers(() => refusal('revoked'));
  pass(SETTLE_MS + 1);
  expect(await verifier.verify(KEY)).toEqual(refusal('revoked'));
});

test('a verdict is not kept while another replica may still answer as before the change', async () => {
  const { verifier, questions, opened, change, pass, alive } = handFed();
  await opened();
  await change(TENANT);
  for (const [ms, asked] of [
    [0, 1],
    [SETTLE_MS, 2],
    [1, 3],
    [0, 3],
  ] as const) {
    pass(ms);
    await alive();
    await verifier.verify(KEY);
    expect(questions).toHaveLength(asked);
  }
});

test('nothing is answered from memory once the feed has said nothing for three seconds, and again when it speaks', async () => {
  const { verifier, questions, opened, pass, alive, answers } = handFed();
  await opened();
  await verifier.verify(KEY);
  pass(2_990);
  expect(verifier.live).toBe(true);
  await verifier.verify(KEY);
  expect(questions).toHaveLength(1);
  pass(20);
  expect(verifier.live).toBe(false);
  answers(() => refusal('revoked'));
  expect(await verifier.verify(KEY)).toEqual(refusal('revoked'));
  await alive();
  expect(verifier.live).toBe(true);
});

test('events that come late count from when they were sent, so no delay on the way makes a verdict older', async () => {
  const { verifier, put, opened, pass, pauses } = handFed();
  await opened();
  pass(10_000);
  // Sent eight seconds ago: it proves nothing of the last three.
  await put({ type: 'alive', elapsed_ms: 4_000 });
  expect(verifier.live).toBe(false);
  // Such a connection is given up for another one.
  expect(pauses).toHaveLength(1);
});

test('a registry that may miss changes itself is asked every time, and what it answers is not kept', async () => {
  const { verifier, questions, opened, put, alive } = handFed();
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

test('before the feed has spoken every question is asked', async () => {
  const { verifier, questions, put } = handFed();
  await verifier.verify(KEY);
  await put({ type: 'open', alive_ms: 1_000, settle_ms: SETTLE_MS }, { type: 'reset', id: 'e-1' });
  await verifier.verify(KEY);
  expect([questions.length, verifier.live, verifier.size]).toEqual([2, false, 0]);
});

test('a verdict is kept for ttlMs at most, counted from the question', async () => {
  const { verifier, questions, opened, pass, alive } = handFed({ ttlMs: 10_000 });
  await opened();
  await verifier.verify(KEY);
  for (const [ms, asked] of [
    [9_999, 1],
    [1, 2],
  ] as const) {
    pass(ms);
    await alive();
    await verifier.verify(KEY);
    expect(questions).toHaveLength(asked);
  }
});

test('with ttlMs 0 nothing is kept', async () => {
  const { verifier, questions, opened } = handFed({ ttlMs: 0 });
  await opened();
  await verifier.verify(KEY);
  await verifier.verify(KEY);
  expect([questions.length, verifier.size]).toEqual([2, 0]);
});

test('a key that has expired meanwhile is asked for again', async () => {
  const { verifier, questions, opened, answers } = handFed();
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

test('a refusal is kept for a second, and until anything changes', async () => {
  const { verifier, questions, opened, answers, pass, change } = handFed();
  await opened();
  answers(() => refusal('tenant_frozen'));
  await verifier.verify(KEY);
  pass(999);
  await verifier.verify(KEY);
  expect(questions).toHaveLength(1);
  pass(1);
  await verifier.verify(KEY);
  expect(questions).toHaveLength(2);
  answers(() => accepted());
  await change(OTHER_TENANT);
  expect(await verifier.verify(KEY)).toEqual(accepted());
});

test('keys that do not exist are never kept, and what cannot be a key is not even asked for', async () => {
  const { verifier, questions, opened, answers } = handFed();
  await opened();
  answers(() => refusal('not_found'));
  for (let round = 0; round < 3; round += 1) await verifier.verify(KEY);
  expect([questions.length, verifier.size]).toEqual([3, 0]);
  for (const junk of ['', ' ', 'a b', 'x'.repeat(201), 'schlüssel', 'a\0', '\ud800', `${KEY}\n`]) {
    expect(await verifier.verify(junk)).toEqual(refusal('not_found'));
  }
  expect(questions).toHaveLength(3);
});

test('so many verdicts are kept and no more: the one that was not asked for the longest time goes', async () => {
  const { verifier, questions, opened } = handFed({ entriesMax: 2 });
  await opened();
  for (const scope of ['a', 'b', 'a', 'c', 'a']) await verifier.verify(KEY, { scopes: [scope] });
  expect([questions.length, verifier.size]).toEqual([3, 2]);
  await verifier.verify(KEY, { scopes: ['b'] });
  expect(questions).toHaveLength(4);
});

test('changes of very many tenants take no more memory than verdicts may: all are forgotten then', async () => {
  const { verifier, questions, opened, change } = handFed({ entriesMax: 2 });
  await opened();
  await verifier.verify(KEY);
  await change('a', 'b', 'c');
  await verifier.verify(KEY);
  expect(questions).toHaveLength(2);
});

test('equal questions at the same time are asked once; after a change they are asked anew', async () => {
  const { verifier, questions, asked, opened, answers, change, pass } = handFed();
  await opened();
  answers(undefined);
  const together = [verifier.verify(KEY), verifier.verify(KEY)];
  await asked(1);
  pass(1);
  await change(TENANT);
  const after = verifier.verify(KEY);
  await asked(2);
  questions[1]?.answer(refusal('revoked'));
  questions[0]?.answer(accepted());
  expect(await Promise.all(together)).toEqual([accepted(), accepted()]);
  expect(await after).toEqual(refusal('revoked'));
});

test('a request that is under way for long is not waited for by others', async () => {
  const { verifier, questions, asked, opened, answers, pass } = handFed();
  await opened();
  answers(undefined);
  const waiting = [verifier.verify(KEY)];
  await asked(1);
  pass(1_000);
  waiting.push(verifier.verify(KEY));
  await asked(2);
  for (const { answer } of questions) answer(accepted());
  await Promise.all(waiting);
});

test('a caller may give up, by signal or by time; the others still get the verdict, and it is kept', async () => {
  const { verifier, questions, asked, opened, answers } = handFed();
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

test('without an answer there is no verdict, and the next question is asked anew', async () => {
  const { verifier, questions, asked, opened, answers } = handFed();
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

test('a connection that breaks is opened again from the last event, and what it missed ends verdicts', async () => {
  const { verifier, questions, listening, opened, broken, rested, put, change, alive } = handFed();
  await opened();
  await change(OTHER_TENANT);
  await verifier.verify(KEY);
  await broken();
  await rested();
  expect(listening.map(({ lastEventId }) => lastEventId)).toEqual([undefined, 'e-2']);
  await put({ type: 'open', alive_ms: 1_000, settle_ms: SETTLE_MS });
  await alive();
  await verifier.verify(KEY);
  expect(questions).toHaveLength(1);
  await broken();
  await rested();
  await put(
    { type: 'open', alive_ms: 1_000, settle_ms: SETTLE_MS },
    { type: 'change', id: 'e-3', tenant_ids: [TENANT] },
  );
  await alive();
  await verifier.verify(KEY);
  expect(questions).toHaveLength(2);
});

test('pauses between connections grow to five seconds, keep to Retry-After, and begin anew after one of use', async () => {
  const { opened, broken, rested, pauses } = handFed();
  for (let failed = 0; failed < 7; failed += 1) {
    await broken();
    await rested();
  }
  expect(pauses.map(({ ms }) => ms)).toEqual([400, 800, 1_600, 3_200, 5_000, 5_000, 5_000]);
  await broken(new RegistryError('busy', { code: 'overloaded', status: 503, retryAfter: 20 }));
  expect(pauses.at(-1)?.ms).toBe(20_000);
  await rested();
  await opened();
  await broken();
  expect(pauses.at(-1)?.ms).toBe(400);
});

test('the log is told once when the feed is live, and once when it is lost, with the reason', async () => {
  const { states, opened, alive, broken, rested } = handFed();
  await opened();
  await alive();
  const error = new Error('the connection broke');
  await broken(error);
  await rested();
  await broken(new Error('and again'));
  await rested();
  await opened();
  expect(states).toEqual([{ live: true }, { live: false, error }, { live: true }]);
});

test('without the feed equal questions are not shared: each answer is of after its question', async () => {
  const { verifier, questions, asked, answers } = handFed();
  answers(undefined);
  const waiting = [verifier.verify(KEY), verifier.verify(KEY)];
  await asked(2);
  for (const { answer } of questions) answer(accepted());
  await Promise.all(waiting);
});

test('closing ends the feed and forgets everything; who verifies afterwards asks each time', async () => {
  const { verifier, questions, listening, opened, pauses } = handFed();
  await opened();
  await verifier.verify(KEY);
  verifier.close();
  await settled();
  expect(listening.map(({ signal }) => signal?.aborted)).toEqual([true]);
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
  expect(() => handFed(options)).toThrow(TypeError);
  const { client } = { client: undefined as never };
  expect(() => createVerifier({ client, ...options })).toThrow(TypeError);
});

test('time that a machine slept through counts, and a clock that is put back does not make anything younger', () => {
  const time = { monotonic: 100, ofDay: 1_000_000 };
  const now = steadyClock(
    () => time.monotonic,
    () => time.ofDay,
  );
  const pass = (monotonic: number, ofDay: number) => {
    time.monotonic += monotonic;
    time.ofDay += ofDay;
    return now();
  };
  expect(pass(10, 10)).toBe(110);
  expect(pass(10, 12)).toBe(120);
  expect(pass(10, 3_600_010)).toBe(3_600_132);
  expect(pass(10, 10)).toBe(3_600_142);
  expect(pass(10, -7_200_000)).toBe(3_600_152);
  expect(pass(10, 10)).toBe(3_600_162);
});
