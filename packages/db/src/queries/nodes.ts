/** Every statement about nodes: the machines of resources. Their addresses have statements of their own. */
import { type Insertable, type Selectable, sql, type Updateable } from 'kysely';
import { fixedRow } from '../fixed.ts';
import type { Db, Tx } from '../handles.ts';
import { keyset, type PageRequest } from '../keyset.ts';
import { columns, type Nodes } from '../schema.ts';

/** A node with its address. */
export type NodeRow = Selectable<Nodes> & { readonly ip: string | null };

/** One read of the unique index on the nodes of addresses, for each node that is shown. */
const ip = sql<string | null>`
  (select host(a.ip) from domain_mesh_ip_allocations a where a.node_id = nodes.id)`.as('ip');

const whole = (db: Db) => db.selectFrom('nodes').select(columns.nodes).select(ip);

export const findNode = fixedRow('find_node', (db, id: string) => whole(db).where('id', '=', id));

/** Locks the node. Its address is read by a later statement, which sees what the holder before has committed. */
export async function lockNode(tx: Tx, id: string): Promise<NodeRow | undefined> {
  await tx.selectFrom('nodes').select('id').where('id', '=', id).forUpdate().execute();
  return findNode(tx, id);
}

export interface NodeFilter {
  readonly tenant_id: string;
  readonly project_id?: string | undefined;
  readonly resource_id?: string | undefined;
  readonly state?: NodeRow['state'] | undefined;
}

/** Lists newest first. */
export function listNodes(db: Db, filter: NodeFilter, page: PageRequest): Promise<NodeRow[]> {
  let query = keyset(whole(db), ['id'], page).where('tenant_id', '=', filter.tenant_id);
  for (const column of ['project_id', 'resource_id', 'state'] as const) {
    const value = filter[column];
    if (value !== undefined) query = query.where(column, '=', value);
  }
  return query.execute();
}

/** Inserts a node, which has no address. */
export async function insertNode(tx: Tx, node: Insertable<Nodes>): Promise<NodeRow> {
  const row = await tx
    .insertInto('nodes')
    .values({ ...node, updated_at: node.created_at })
    .returningAll()
    .executeTakeFirstOrThrow();
  return { ...row, ip: null };
}

export type NodeChanges = Pick<
  Updateable<Nodes>,
  'name' | 'state' | 'reason' | 'enrolled_at' | 'ready_at' | 'deregistered_at'
>;

export function updateNode(tx: Tx, id: string, changes: NodeChanges): Promise<NodeRow> {
  return tx
    .updateTable('nodes')
    .set(changes)
    .where('id', '=', id)
    .returningAll()
    .returning(ip)
    .executeTakeFirstOrThrow();
}

export async function deleteNode(tx: Tx, id: string): Promise<void> {
  await tx.deleteFrom('nodes').where('id', '=', id).execute();
}
