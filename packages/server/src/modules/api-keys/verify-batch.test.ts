// engine: postgres
import fc from 'fast-check';
import { expect, onTestFinished, test } from 'vitest';
import { ask, newKey, refusal } from '../../../test/support/api-keys.ts';
import { countedDatabase } from '../../../test/support/counted-database.ts';
import { startTestServer, type TestServer, testServer, trailOf, uniqueSlug } from '../../../test/support/server.ts';

const server = testServer();

type Question = Record<string, unknown>;

/** Proofs that cost little. */
const argon2Tags = new Map([['argon2id', { passes: 1, memory: 64, parallelism: 1, tagLength: 32 }]]);

const SECRET = `bp_${'S'.repeat(22)}`;

const askAll = (asked: TestServer, questions: readonly unknown[], token: string | null = asked.internalToken) =>
  asked.call('POST /v1/internal/api-keys/verify-batch', { body: { questions }, token });

/** A wrong key with the prefix of a right one, which takes a proof. */
const wrongOf = (key: string, n: number) => `${key.slice(0, 11)}${String(n).padStart(14, 'A')}`;

test('each answer is the verdict of the question alone, in the order of the questions', async () => {
  const valid = await newKey(server, { scopes: ['a:read'] });
  const revoked = await newKey(server);
  await server.call(`DELETE /v1/api-keys/${revoked.id}`);
  const expired = await newKey(server, { expires_at: new Date(server.clock.now().getTime() + 60_000).toISOString() });
  server.clock.advance(120_000);
  const frozen = await newKey(server);
  await server.call(`POST /v1/tenants/${frozen.tenant_id}/cancel`);
  const proved = [valid.key, revoked.key, expired.key, frozen.key];
  const keys = [...proved, 'bp_AAAAAAAAAAAAAAAAAAAAAA', '', 'no key', 'a\0b', '\ud800', 'x'.repeat(2_000)];
  const question = fc.record(
    {
      key: fc.constantFrom(...keys),
      scopes: fc.constantFrom([], ['a:read'], ['a:write']),
      product: fc.constantFrom('certifai', 'no-such-product'),
      access: fc.constantFrom('read', 'write'),
    },
    { requiredKeys: ['key'] },
  );
  await fc.assert(
    fc.asyncProperty(fc.array(question, { minLength: 1, maxLength: 12 }), async (questions) => {
      const { status, body } = await askAll(server, questions);
      const alone: unknown[] = [];
      for (const each of questions) alone.push((await ask(server, each)).body);
      expect(status).toBe(200);
      expect(body.answers).toEqual(alone.map((verdict) => ({ verdict, problem: null })));
    }),
    { numRuns: 15 },
  );
});

test('a hundred questions about keys that nobody remembers cost one read', async () => {
  const counted = await countedDatabase();
  const own = await startTestServer({ database: counted.database });
  onTestFinished(() => own.close());
  const tenant = await own.call('POST /v1/tenants', { body: { slug: uniqueSlug(), name: 'Many' } });
  const made = await newKey(own, { tenant_id: tenant.body.id });
  await askAll(own, [{ key: made.key }]);
  const questions = Array.from({ length: 99 }, (_, n) => ({ key: `bp_${String(n).padStart(22, 'C')}` }));
  const before = counted.statements();
  const { body } = await askAll(own, [...questions, { key: made.key }]);
  expect(counted.statements() - before).toBe(1);
  expect(body.answers.map(({ verdict }: { verdict: { code: string } }) => verdict.code)).toEqual([
    ...questions.map(() => 'not_found'),
    'valid',
  ]);
});

test('a question that is refused for now says so, and keeps no other from its verdict', async () => {
  const own = await startTestServer({ argon2Tags });
  onTestFinished(() => own.close());
  const { key } = await newKey(own);
  own.clock.stop();
  expect((await ask(own, { key })).body.valid).toBe(true);
  const wrong = Array.from({ length: 25 }, (_, n) => ({ key: wrongOf(key, n) }));
  const { status, body } = await askAll(own, [...wrong, { key }]);
  expect(status).toBe(200);
  const refused = body.answers.filter(({ problem }: { problem: unknown }) => problem !== null);
  expect(refused).toHaveLength(5);
  for (const { verdict, problem } of refused) {
    expect(verdict).toBeNull();
    expect(problem).toEqual({
      code: 'too_many_attempts',
      status: 429,
      detail: expect.any(String),
      retry_after: 1,
    });
  }
  expect(body.answers.at(-1).verdict).toMatchObject({ valid: true });
  const none = await askAll(own, [{ key: wrongOf(key, 30) }]);
  expect([none.status, none.body.code, none.headers.get('retry-after')]).toEqual([429, 'too_many_attempts', '1']);
});

test('a proof that takes too long keeps no other question from its verdict', async () => {
  const own = await startTestServer({ requestTimeoutMs: 2_000, argon2Tags });
  onTestFinished(() => own.close());
  const { key } = await newKey(own);
  const { gate } = own.app.deps.argon2;
  const places = [await gate.enter(null), await gate.enter(null)];
  const { status, body } = await askAll(own, [{ key: wrongOf(key, 1) }, { key: 'no key' }]);
  for (const leave of places) leave();
  expect(status).toBe(200);
  const [late, other] = body.answers;
  expect(late).toMatchObject({ verdict: null, problem: { code: 'overloaded', status: 503, retry_after: 1 } });
  expect(other).toEqual({ verdict: refusal('not_found'), problem: null });
});

test('it leaves no audit row, as one question leaves none', async () => {
  const { key, tenant_id } = await newKey(server);
  const before = await trailOf(server, tenant_id);
  await askAll(server, [{ key }, { key: wrongOf(key, 1) }]);
  expect(await trailOf(server, tenant_id)).toEqual(before);
});

test.each([
  ['no question', [], '/questions'],
  ['more questions than a hundred', Array.from({ length: 101 }, () => ({ key: SECRET })), '/questions'],
  ['a question without a key', [{ key: SECRET }, { scopes: [] }], '/questions/1/key'],
  ['an unknown field', [{ key: SECRET }, { key: SECRET, more: 1 }], '/questions/1/more'],
  ['a text in a product that cannot be stored', [{ key: SECRET, product: 'a\0' }], '/questions/0/product'],
])('%s is refused by its place, and no key is repeated', async (_, questions, pointer) => {
  const { status, body } = await askAll(server, questions as Question[]);
  expect([status, body.code]).toEqual([400, 'invalid_input']);
  expect(body.errors[0].pointer).toBe(pointer);
  expect(JSON.stringify(body)).not.toContain(SECRET);
});

test('it is for callers that may verify a single key, and no key of a tenant is one', async () => {
  const { key } = await newKey(server);
  expect((await askAll(server, [{ key }], key)).status).toBe(403);
  expect((await askAll(server, [{ key: 'x' }], null)).status).toBe(401);
  expect((await askAll(server, [{ key: 'x' }], server.operatorToken)).status).toBe(403);
});

test('a hundred long questions fit into a body', async () => {
  const scopes = Array.from({ length: 20 }, (_, n) => `product-${n}:reports:read`);
  const questions = Array.from({ length: 100 }, () => ({
    key: `bp_${'D'.repeat(22)}`,
    scopes,
    product: 'p'.repeat(100),
  }));
  expect((await askAll(server, questions)).status).toBe(200);
});
