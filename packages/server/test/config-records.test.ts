/** The comparison of values, history, counts, audit log and events finds each thing that does not fit. */
import { sql } from 'kysely';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { acknowledgedUnlike, configContradictions } from './replicas/config-records.ts';
import { newProject, newTenant, startTestServer, type TestServer } from './support/server.ts';

let server: TestServer;
let project: string;
beforeAll(async () => {
  server = await startTestServer();
  const tenant = await newTenant(server);
  project = (await newProject(server, tenant.id)).id;
  const path = `/v1/projects/${project}/configs/a`;
  const call = async (operation: string, body?: object) => {
    const { status } = await server.call(operation, body === undefined ? {} : { body });
    expect(status).toBeLessThan(300);
  };
  await call(`PUT ${path}`, { content: 1, expected_version: 0, reason: 'first' });
  await call(`PUT ${path}`, { content: 2, expected_version: 1, reason: 'second' });
  await call(`DELETE ${path}?expected_version=2&reason=third`);
  await call(`POST ${path}/rollback`, { version: 1, expected_version: 0, reason: 'fourth' });
  const items = ['b', 'c'].map((key) => ({ key, content: { name: 'both', together: 2 } }));
  await call(`POST /v1/projects/${project}/config-import`, { items, reason: 'both' });
});
afterAll(() => server.close());

/** Undoes what the statements did. */
class Undone extends Error {}

/** Returns what is found after the statements, which no rule of the database keeps from anything. */
async function foundAfter(...statements: readonly string[]): Promise<readonly string[]> {
  let found: readonly string[] = [];
  const work = server.app.deps.db.transaction().execute(async (tx) => {
    await sql`set local session_replication_role = replica`.execute(tx);
    for (const statement of statements) await sql.raw(statement).execute(tx);
    found = await configContradictions(tx);
    throw new Undone();
  });
  await work.catch((error: unknown) => {
    if (!(error instanceof Undone)) throw error;
  });
  return found;
}

test('what the registry writes fits', async () => {
  expect(await configContradictions(server.app.deps.db)).toEqual([]);
});

test.each([
  [
    'a version is gone',
    `delete from config_revisions where config_key = 'a' and version = 2`,
    'keys whose versions are not 1 to n',
  ],
  [
    'the newest version is gone',
    `delete from config_revisions where config_key = 'a' and version = 4`,
    'values that are not the newest version of their key',
  ],
  ['a key is gone', `delete from configs where key = 'a'`, 'versions without a key'],
  [
    'a value is old',
    `update configs set version = 3 where key = 'a'`,
    'values that are not the newest version of their key',
  ],
  [
    'a value is another',
    `update configs set content = '7' where key = 'a'`,
    'values that are not the newest version of their key',
  ],
  [
    'revisions go back',
    `update config_revisions set revision = 1000 where config_key = 'a' and version = 1`,
    'keys whose revisions do not grow with their versions',
  ],
  [
    'an audit row is gone',
    `delete from audit_log where action = 'config.rolled_back'`,
    'versions that do not have exactly one audit row',
  ],
  [
    'an audit row tells another version',
    `update audit_log set metadata = metadata || '{"version": 9}' where action = 'config.deleted'`,
    'audit rows without their version',
  ],
  [
    'an event is gone',
    `delete from outbox_events where event_type = 'config.deleted'`,
    'versions that do not have exactly one event',
  ],
  [
    'an event is there twice',
    `insert into outbox_events (id, tenant_id, event_type, aggregate_type, aggregate_id, payload) select gen_random_uuid(), tenant_id, event_type, aggregate_type, aggregate_id, payload from outbox_events where event_type = 'config.deleted'`,
    'events without the audit row of their id',
  ],
  [
    'an event tells another version',
    `update outbox_events set payload = payload || '{"version": 9}' where event_type = 'config.deleted'`,
    'events without their version',
  ],
  [
    'a head is behind',
    `update config_heads set revision = 1`,
    'heads that are not at the newest revision of their project',
  ],
  [
    'a head counts another key',
    `update config_heads set keys = keys + 1`,
    'heads that count other keys than there are',
  ],
  ['a head is gone', `delete from config_heads`, 'projects with keys and without a head'],
  [
    'an import is there in part',
    `delete from config_revisions where config_key = 'b'`,
    'versions of an import that stands at two revisions, or in part',
  ],
  [
    'an import is torn',
    `update config_revisions set revision = 2000 where config_key = 'b'`,
    'versions of an import that stands at two revisions, or in part',
  ],
  [
    'a hash is another',
    `update config_revisions set content_sha256 = repeat('0', 64) where config_key = 'a' and version = 2`,
    'versions have a hash that is not that of their content',
  ],
])('found: %s', async (_, statement, sentence) => {
  expect((await foundAfter(statement)).some((each) => each.includes(sentence))).toBe(true);
});

test('found: a head counts other bytes', async () => {
  expect(await foundAfter('update config_heads set bytes = bytes + 1')).toHaveLength(1);
});

test('found: an answered version that is not there, and one of another write', async () => {
  const told = (version: number, name: string) => [{ project, key: 'a', version, name }];
  const { db } = server.app.deps;
  expect(await acknowledgedUnlike(db, told(2, 'second'))).toEqual([]);
  expect(await acknowledgedUnlike(db, told(9, 'ninth'))).toEqual(['1 versions were answered and are not there']);
  expect(await acknowledgedUnlike(db, told(2, 'first'))).toEqual(['1 versions are of another write than was answered']);
});
