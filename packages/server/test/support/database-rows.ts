/** Rows of managed databases, made past the operations: for tests of what stands around them. */
import { randomUUID } from 'node:crypto';
import { databases, json } from '@tenant-registry/db';
import { newGroup } from './role-holders.ts';
import { type TestServer, uniqueSlug } from './server.ts';

interface Wanted {
  readonly tenant_id: string;
  readonly project_id?: string;
  /** The group that owns it; absent: a new one. */
  readonly group_id?: string;
  readonly status?: 'provisioning' | 'deleted';
}

/** Resolves to the id of a new database, which its group owns unless it is deleted. */
export async function newDatabase(server: TestServer, wanted: Wanted): Promise<string> {
  const { tenant_id, project_id = null, status = 'provisioning' } = wanted;
  const { db } = server.app.deps;
  const owner_group_id = wanted.group_id ?? (await newGroup(server, tenant_id));
  const group = db.selectFrom('groups').select('slug').where('id', '=', owner_group_id);
  const { slug: owner_team } = await group.executeTakeFirstOrThrow();
  const [id, name, created_at] = [randomUUID(), uniqueSlug(), server.clock.now()];
  const names = { name, cluster_name: name, pooler_name: `${name}-pooler`, provisioner: 'memory', tier: 'small' };
  const row = { ...names, id, tenant_id, project_id, owner_team, owner_group_id, spec: json({}), created_at };
  await db.transaction().execute((tx) => databases.insertDatabase(tx, row, created_at));
  if (status === 'deleted') await closeDatabase(server, id);
  return id;
}

/** Marks the database as deleted, as the last pass does. */
export async function closeDatabase(server: TestServer, id: string): Promise<void> {
  const database = { status: 'deleted' as const, reason: 'destroyed', deleted_at: server.clock.now(), owner_group_id: null };
  await server.app.deps.db
    .transaction()
    .execute((tx) => databases.updateDatabase(tx, id, { database, work: { next_reconcile_at: null } }));
}
