// engine: postgres
/** Sign-ins that are refused: what they tell, what they cost, and how many are made. */
import { randomBytes } from 'node:crypto';
import { describe, expect, test } from 'vitest';
import { computations, figure } from '../../../test/support/api-keys.ts';
import { countedDatabase } from '../../../test/support/counted-database.ts';
import { eventually } from '../../../test/support/eventually.ts';
import { newPerson, PASSWORD, signIn } from '../../../test/support/people.ts';
import { runWorker, tenantIn, testServer, UNKNOWN } from '../../../test/support/server.ts';

let statements: () => number = () => 0;
const server = testServer(async () => {
  const counted = await countedDatabase();
  statements = counted.statements;
  return { database: counted.database };
});

describe('whatever is wrong', () => {
  /** Everybody who must not come in, by the reason that the audit log gives. */
  async function strangers() {
    const { id, slug } = await tenantIn(server, 'active');
    const archived = await tenantIn(server, 'active');
    const [jane, gone, removed, without] = [
      await newPerson(server, id),
      await newPerson(server, id),
      await newPerson(server, id),
      await newPerson(server, id, { password: null }),
    ];
    const theirs = await newPerson(server, archived.id);
    for (const step of ['cancel', 'archive']) await server.call(`POST /v1/tenants/${archived.id}/${step}`);
    const { db } = server.app.deps;
    await db.updateTable('users').set({ disabled_at: new Date() }).where('id', '=', gone.id).execute();
    await db.updateTable('users').set({ deleted_at: new Date() }).where('id', '=', removed.id).execute();
    return {
      wrong_password: { tenant: slug, email: jane.email, password: 'seven purple ladderz' },
      unknown_user: { tenant: slug, email: 'nobody@people.example', password: PASSWORD },
      unknown_tenant: { tenant: 'no-such-tenant', email: jane.email, password: PASSWORD },
      user_disabled: { tenant: slug, email: gone.email, password: PASSWORD },
      'user_disabled ': { tenant: slug, email: removed.email, password: PASSWORD },
      no_password: { tenant: id, email: without.email, password: PASSWORD },
      tenant_archived: { tenant: archived.slug, email: theirs.email, password: PASSWORD },
      'unknown_tenant ': { tenant: UNKNOWN, email: jane.email, password: PASSWORD },
    };
  }

  // proves C35
  test('costs one statement and one computation, and has one answer; the audit log alone knows more', async () => {
    const cases = await strangers();
    await runWorker(server, 'access-audit');
    const answers: unknown[] = [];
    for (const [reason, body] of Object.entries(cases)) {
      const [computed, asked] = [await computations(server), statements()];
      const { status, headers, body: problem } = await server.call('POST /v1/auth/sign-in', { token: null, body });
      expect([reason, statements() - asked, (await computations(server)) - computed]).toEqual([reason, 1, 1]);
      answers.push([status, { ...problem, instance: '' }, headers.get('set-cookie'), headers.get('www-authenticate')]);
    }
    expect(answers[0]).toMatchObject([401, { code: 'invalid_credentials' }, null, 'Bearer']);
    for (const answer of answers) expect(answer).toEqual(answers[0]);
    await runWorker(server, 'access-audit');
    const { body } = await server.call('GET /v1/audit?action=access.sign_in_failed&limit=200');
    const noted = body.items.map(({ metadata }: { metadata: Record<string, unknown> }) => metadata);
    for (const reason of Object.keys(cases))
      expect(noted).toContainEqual(expect.objectContaining({ credential: 'password', reason: reason.trim() }));
  });

  test('ten failures at one address leave one attempt in half a minute, whether or not somebody has the address', async () => {
    server.clock.stop();
    const { id } = await tenantIn(server, 'active');
    const person = await newPerson(server, id);
    const nobody = { ...person, email: 'nobody@people.example' };
    for (const who of [person, nobody]) {
      const attempt = (password: string) => signIn(server, { ...who, email: who.email.toUpperCase() }, password);
      for (let n = 0; n < 10; n += 1) expect((await attempt(`wrong wrong ${n}`)).status).toBe(401);
      const before = await computations(server);
      const refused = await attempt(PASSWORD);
      expect([refused.status, refused.body.code, refused.headers.get('retry-after')]).toEqual([
        429,
        'too_many_sign_ins',
        '30',
      ]);
      expect(await computations(server)).toBe(before);
      server.clock.advance(30_000);
      expect((await attempt('wrong wrong 10')).status).toBe(401);
      expect((await attempt(PASSWORD)).status).toBe(429);
      server.clock.advance(30_000);
      expect((await attempt(PASSWORD)).status).toBe(who === person ? 200 : 401);
    }
    // Another address of the tenant is not concerned.
    expect((await signIn(server, await newPerson(server, id))).status).toBe(200);
    server.clock.advance(15 * 60_000);
    expect((await signIn(server, person)).status).toBe(200);
  });
});

test('sign-ins have a queue of their own: while they wait, keys are proved', async () => {
  const person = await newPerson(server, (await tenantIn(server, 'active')).id);
  const { gate } = server.app.deps.sessions.passwords;
  expect(gate).not.toBe(server.app.deps.argon2.gate);
  const leave = await gate.enter('somebody');
  const waiting = signIn(server, person);
  const made = await server.call('POST /v1/api-keys', { body: { tenant_id: person.tenant_id, name: 'k' } });
  expect(made.status).toBe(201);
  expect(await figure(server, 'gate_running', { gate: 'passwords' })).toBe(1);
  leave();
  expect((await waiting).status).toBe(200);
});

test('a network has its share of the queue: past it it gets 429, and leaves the rest to the others', async () => {
  const { gate } = server.app.deps.sessions.passwords;
  const refusedBefore = gate.load().refused;
  const leave = await gate.enter('somebody');
  const body = { tenant: 'no-such-tenant', password: PASSWORD };
  const attack = Array.from({ length: 9 }, () =>
    server.call('POST /v1/auth/sign-in', {
      token: null,
      body: { ...body, email: `${randomBytes(6).toString('hex')}@people.example` },
    }),
  );
  await eventually(() => expect(gate.load()).toMatchObject({ waiting: 7, refused: refusedBefore + 2 }));
  leave();
  const answers = await Promise.all(attack);
  expect(answers.map(({ status }) => status).sort()).toEqual([401, 401, 401, 401, 401, 401, 401, 429, 429]);
  for (const { headers, body } of answers.filter(({ status }) => status === 429))
    expect([body.code, headers.get('retry-after')]).toEqual(['too_many_sign_ins', '1']);
});
