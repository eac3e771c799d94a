// engine: postgres
/** What a user makes while it is being deactivated. Runs on PostgreSQL: PGlite has one connection, so nothing can meet. */
import { users } from '@tenant-registry/db';
import { sql } from 'kysely';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { startIssuer, type TestIssuer } from './support/oidc-provider.ts';
import { entitle, oidcFor, startTestServer, type TestServer, tenantIn } from './support/server.ts';
import { becomes, createUser, newOwnedKey } from './support/users.ts';

let issuer: TestIssuer;
let server: TestServer;
beforeAll(async () => {
  issuer = await startIssuer();
  server = await startTestServer({ oidc: oidcFor(issuer) });
});
afterAll(async () => {
  await server.close();
  await issuer.stop();
});

/** Resolves when so many connections of this database wait for a lock. */
async function somebodyWaits(waiting = 1): Promise<void> {
  for (;;) {
    const { rows } = await sql`
      select from pg_stat_activity
      where datname = current_database() and cardinality(pg_blocking_pids(pid)) > 0`.execute(server.app.deps.db);
    if (rows.length >= waiting) return;
  }
}

test.each(['before', 'after'])(
  'a project that waits to be made %s the deactivation of its maker is made or refused by that order',
  async (when) => {
    const { id: tenant_id } = await tenantIn(server, 'active');
    await entitle(server, tenant_id);
    const user = await createUser(server, tenant_id);
    await becomes(server, user, { external_subject: `${issuer.url}|${user.id}` });
    const token = await issuer.token({ sub: user.id, tenant_id, org_roles: ['IT_ADMIN'] });
    const make = () => server.call('POST /v1/projects', { body: { tenant_id, slug: 'web', name: 'Web' }, token });
    const deactivate = () => server.call(`POST /v1/users/${user.id}/deactivate`);
    const both = await server.app.deps.db.transaction().execute(async (tx) => {
      await users.lockUser(tx, user.id);
      const first = when === 'before' ? make() : deactivate();
      await somebodyWaits();
      const second = when === 'before' ? deactivate() : make();
      await somebodyWaits(2);
      return { answers: when === 'before' ? [first, second] : [second, first] };
    });
    const [made, deactivated] = await Promise.all(both.answers);
    expect([made?.status, deactivated?.status]).toEqual([when === 'before' ? 201 : 401, 200]);
    expect((await make()).status).toBe(401);
  },
);

test('deactivations and deletions of users who share keys and projects do not wait for each other for good', async () => {
  const { id: tenant_id } = await tenantIn(server, 'active');
  for (let round = 0; round < 3; round += 1) {
    const people = [await createUser(server, tenant_id), await createUser(server, tenant_id)];
    for (const user of [...people, ...people]) await newOwnedKey(server, user);
    const answers = await Promise.all(
      people.flatMap(({ id }) => [
        server.call(`POST /v1/users/${id}/deactivate`),
        server.call(`DELETE /v1/users/${id}?cascade=true`),
        server.call(`PATCH /v1/users/${id}`, { body: { roles: ['member'] } }),
      ]),
    );
    for (const { status } of answers) expect([200, 204, 404]).toContain(status);
  }
});
