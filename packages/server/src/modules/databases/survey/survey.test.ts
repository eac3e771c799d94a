/** What is in the world of a provisioner and belongs to no live database. */
import { ProvisionerUnavailable, type Survey } from '@tenant-registry/provisioner';
import { createMemoryProvisioner } from '@tenant-registry/provisioner/testing';
import { expect, test } from 'vitest';
import { orderDatabase, setDatabase } from '../../../../test/support/databases.ts';
import { tenantIn, testServer, UNKNOWN } from '../../../../test/support/server.ts';
import { memoryDatabases } from '../../../testing.ts';

/** What is there, or how the provisioner fails. */
let survey: () => Promise<readonly Survey[]> = async () => [];

const provisioner = () => ({ ...createMemoryProvisioner(), list: () => survey() });
const server = testServer({ databases: { ...memoryDatabases, provisioners: new Map([['memory', provisioner]]) } });

const thing = (id: string, name: string, kind = 'database'): Survey => ({ id, namespace: 'default', kind, name });
const list = (query = '?provisioner=memory') => server.call(`GET /v1/database-orphans${query}`);

test('whatever carries the mark is listed with its reason, unless its database lives', async () => {
  const { id: tenant_id } = await tenantIn(server, 'active');
  const live = await orderDatabase(server, tenant_id);
  const made = [await orderDatabase(server, tenant_id), await orderDatabase(server, tenant_id)];
  for (const [index, reason] of ['retained', 'destroyed'].entries()) {
    const database = { status: 'deleted', reason, deleted_at: server.clock.now(), owner_group_id: null } as const;
    await setDatabase(server, made[index].id, { database });
  }
  survey = async () => [
    ...[thing(made[0].id, 'a'), thing(live.id, 'b'), thing(UNKNOWN, 'c'), thing(made[1].id, 'd')],
    ...[thing('no-id-at-all', 'e'), thing(made[1].id, 'd', 'role')],
  ];
  const { status, body } = await list();
  expect([status, body.next_cursor]).toEqual([200, null]);
  const found = body.items.map((each: Record<string, string>) => [each['name'], each['kind'], each['tenant_id'], each['why']]);
  expect(found.sort()).toEqual([
    ['a', 'database', tenant_id, 'retained'],
    ['c', 'database', null, 'no_row'],
    ['d', 'database', tenant_id, 'deleted'],
    ['d', 'role', tenant_id, 'deleted'],
  ]);
});

test('pages go on after the last one, also when something is gone meanwhile', async () => {
  const names = ['a', 'b', 'c', 'd', 'e'];
  survey = async () => names.map((name) => thing(UNKNOWN, name));
  const seen: string[] = [];
  let query = '?provisioner=memory&limit=2';
  for (;;) {
    const { body } = await list(query);
    seen.push(...body.items.map(({ name }: { name: string }) => name));
    if (body.next_cursor === null) break;
    survey = async () => names.slice(1).map((name) => thing(UNKNOWN, name));
    query = `?provisioner=memory&limit=2&cursor=${body.next_cursor}`;
  }
  expect(seen).toEqual(names);
});

test('a provisioner that cannot be reached is 503, an unknown one 404', async () => {
  survey = async () => {
    throw new ProvisionerUnavailable('connect ECONNREFUSED 10.0.0.1:5432');
  };
  const { status, headers, body } = await list();
  expect([status, body.code, headers.get('retry-after')]).toEqual([503, 'unavailable', '10']);
  expect(JSON.stringify(body)).not.toContain('10.0.0.1');
  expect((await list('?provisioner=nowhere')).status).toBe(404);
  expect((await list('')).status).toBe(400);
});
