/** The statements that the product sends for one allocation, written down while it makes one, and sent again with bare `pg`. */
import { randomUUID } from 'node:crypto';
import type pg from 'pg';
import type { ActorContext } from '../../../packages/server/src/kernel/context.ts';
import { type Network, take } from './world.ts';

export interface Written {
  readonly text: string;
  readonly values: readonly unknown[];
}

type Plugin = Parameters<ActorContext['db']['withPlugin']>[0];

/** Resolves to the statements of one allocation for the node, in their order, without begin and commit. */
export async function written(ctx: ActorContext, node: string): Promise<Written[]> {
  const statements: Written[] = [];
  const plugin: Plugin = {
    transformQuery({ node: query, queryId }) {
      const { sql: text, parameters } = ctx.db.getExecutor().compileQuery(query, queryId);
      statements.push({ text, values: parameters });
      return query;
    },
    transformResult: async ({ result }) => result,
  };
  await take({ ...ctx, db: ctx.db.withPlugin(plugin) }, node);
  return statements;
}

export interface Example extends Network {
  readonly statements: readonly Written[];
  /** The node and the address of the example. */
  readonly node: string;
  readonly node_name: string;
  readonly ip: string;
  readonly event_id: string;
}

interface Given {
  readonly node: { readonly id: string; readonly name: string };
  readonly network: Network;
}

const NAME = /^\/\* prepare (\w+) \*\//;

/**
 * Allocates with the statements of the example in one transaction: their texts are the same, and so are those that the
 * product prepares; ids, names, address and times in the values are of this allocation.
 */
export async function allocateByHand(pool: pg.Pool, example: Example, { node, network }: Given): Promise<void> {
  const swaps: [string, string][] = [
    [example.tenant_id, network.tenant_id],
    [example.project_id, network.project_id],
    [example.node, node.id],
    [`"${example.node_name}"`, `"${node.name}"`],
    [example.event_id, randomUUID()],
  ];
  const client = await pool.connect();
  try {
    await client.query(
      `begin isolation level read committed; select set_config('role', 'tenant_registry_tenant', true),
        set_config('app.tenant_id', '${network.tenant_id}', true), set_config('app.project_id', '', true)`,
    );
    let ip = example.ip;
    for (const { text, values } of example.statements) {
      const all = [...swaps, [`/${example.ip}"`, `/${ip}"`], [`"${example.ip}"`, `"${ip}"`]] as const;
      const swapped = values.map((value) =>
        typeof value === 'string' ? all.reduce((given, [from, to]) => given.replaceAll(from, to), value) : value,
      );
      const name = NAME.exec(text)?.[1];
      const { rows } = await client.query({ ...(name === undefined ? {} : { name }), text, values: swapped });
      if (text.includes('insert into domain_mesh_ip_allocations')) ip = rows[0].ip;
    }
    await client.query('commit');
  } catch (error) {
    await client.query('rollback').catch(() => undefined);
    throw error;
  } finally {
    client.release();
  }
}
