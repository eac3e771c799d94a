import { randomUUID } from 'node:crypto';
import { afterAll, describe, expect, test } from 'vitest';
import { testDatabase } from '../../src/testing.ts';
import { refusal, violated } from '../support.ts';
import { deleteProject, handleOf, insertNode, insertResource, newNetwork, newNode, otherOf, writers } from './rows.ts';

const database = await testDatabase();
const { db } = database;
afterAll(() => database.close());

/** SQLSTATE of a deletion that a foreign key restricts: 23503 until PostgreSQL 18, then 23001. */
const restricted = [violated.foreignKey, violated.restrict];

describe.each(writers)('as %s', (writer) => {
  const world = async () => {
    const network = await newNetwork(db, '10.20.0.0/16');
    return { network, handle: handleOf(database, writer, network) };
  };

  // proves C23
  test('a resource was adopted or provisioned, and is of a project of its tenant', async () => {
    const { network, handle } = await world();
    const origin = insertResource(handle, network, { origin: 'bought' as 'adopted' });
    expect(await refusal(origin)).toEqual({ code: violated.check, constraint: 'resources_origin_check' });
    const id = await insertResource(handle, network, { origin: 'provisioned' });
    const again = insertResource(handle, network, { id });
    expect(await refusal(again)).toEqual({ code: violated.unique, constraint: 'resources_pkey' });
    if (writer === 'the project') return;
    const foreign = { ...network, project_id: (await newNetwork(db, null)).project_id };
    for (const place of [foreign, { ...network, project_id: randomUUID() }])
      expect(await refusal(insertResource(handle, place))).toEqual({
        code: violated.foreignKey,
        constraint: 'resources_tenant_id_project_id_fkey',
      });
  });

  // proves C23
  test.each([
    ['the name of no character', { name: '' }, 'nodes_name_check'],
    ['a name with a capital', { name: 'Edge' }, 'nodes_name_check'],
    ['a name with a dot', { name: 'edge.1' }, 'nodes_name_check'],
    ['a name that ends with a dash', { name: 'edge-' }, 'nodes_name_check'],
    ['a name of 64 characters', { name: 'a'.repeat(64) }, 'nodes_name_check'],
    ['another state', { state: 'lost' }, 'nodes_state_check'],
    ['an end while it is pending', { deregistered_at: new Date() }, 'nodes_deregistered_at_check'],
    ['no end although it is deregistered', { state: 'deregistered' }, 'nodes_deregistered_at_check'],
  ])('a node with %s is refused', async (_, values, constraint) => {
    const { network, handle } = await world();
    const resource_id = await insertResource(handle, network);
    const refused = insertNode(handle, network, { resource_id, ...(values as object) });
    expect(await refusal(refused)).toEqual({ code: violated.check, constraint });
    await insertNode(handle, network, { resource_id, name: 'a'.repeat(63) });
  });

  // proves C23
  test('a node has its name alone in its tenant, until it is deregistered, and its id for ever', async () => {
    const { network, handle } = await world();
    const resource_id = await insertResource(handle, network);
    const insert = () => insertNode(handle, network, { resource_id, name: 'edge-1' });
    const id = await insert();
    const taken = { code: violated.unique, constraint: 'nodes_tenant_id_name_key' };
    expect(await refusal(insert())).toEqual(taken);
    const elsewhere = { resource_id: await insertResource(db, otherOf(network)), name: 'edge-1' };
    expect(await refusal(insertNode(db, otherOf(network), elsewhere))).toEqual(taken);
    const ended = { state: 'deregistered', deregistered_at: new Date() } as const;
    await handle.updateTable('nodes').set(ended).where('id', '=', id).execute();
    await insert();
    expect(await refusal(insert())).toEqual(taken);
    const again = insertNode(handle, network, { resource_id, id });
    expect(await refusal(again)).toEqual({ code: violated.unique, constraint: 'nodes_pkey' });
  });

  // proves C23
  test('a node is of a resource of its own project and tenant', async () => {
    const { network, handle } = await world();
    const foreign = await newNetwork(db, null);
    const ids = [
      await insertResource(db, otherOf(network)),
      await insertResource(db, foreign),
      await insertResource(db, otherOf(foreign)),
      randomUUID(),
    ];
    for (const resource_id of ids)
      expect(await refusal(insertNode(handle, network, { resource_id }))).toEqual({
        code: violated.foreignKey,
        constraint: 'nodes_tenant_id_project_id_resource_id_fkey',
      });
  });

  // proves C23
  test('a resource stays while it has a node', async () => {
    const { network, handle } = await world();
    const id = await insertResource(handle, network);
    const node = await insertNode(handle, network, { resource_id: id });
    const remove = () => handle.deleteFrom('resources').where('id', '=', id).execute();
    const { code, constraint } = await refusal(remove());
    expect(restricted).toContain(code);
    expect(constraint).toBe('nodes_tenant_id_project_id_resource_id_fkey');
    await handle.deleteFrom('nodes').where('id', '=', node).execute();
    await remove();
    expect(await db.selectFrom('resources').select('id').where('id', '=', id).execute()).toEqual([]);
  });
});

// proves C29
test('a resource keeps its project and its tenant, each of which it has one of', async () => {
  const network = await newNetwork(db, null);
  await newNode(db, network);
  const tenant = () => db.deleteFrom('tenants').where('id', '=', network.tenant_id).execute();
  for (const remove of [() => deleteProject(db, network.project_id), tenant]) {
    const { code, constraint } = await refusal(remove());
    expect(restricted).toContain(code);
    expect(constraint).toBe('resources_tenant_id_project_id_fkey');
  }
  await deleteProject(db, network.other_id);
  for (const table of ['nodes', 'resources'] as const)
    await db.deleteFrom(table).where('tenant_id', '=', network.tenant_id).execute();
  await tenant();
});
