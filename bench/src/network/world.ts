/** The registry in this process, on a database of its own, with networks that are in use. */
import { randomBytes } from 'node:crypto';
import { type DatabaseHandle, meshFreeRanges, migrateUp, networks, openDatabase } from '@tenant-registry/db';
import pg from 'pg';
import { type App, createApp } from '../../../packages/server/src/app.ts';
import { keyActor } from '../../../packages/server/src/kernel/actor.ts';
import { systemClock } from '../../../packages/server/src/kernel/clock.ts';
import type { ActorContext } from '../../../packages/server/src/kernel/context.ts';
import { createLogger } from '../../../packages/server/src/kernel/logger.ts';
import { systemContext } from '../../../packages/server/src/kernel/system-context.ts';
import { giveBackNodeAddress, takeNodeAddress } from '../../../packages/server/src/modules/nodes/service.ts';
import { grants } from '../../../packages/server/src/modules.ts';
import { testConfig } from '../../../packages/server/src/testing.ts';
import type { Surroundings } from './section.ts';

export interface World {
  readonly url: string;
  readonly handle: DatabaseHandle;
  readonly app: App;
  /** Accepted as the token of the operator. */
  readonly operatorToken: string;
  /** As many connections as a replica has. */
  readonly pool: pg.Pool;
}

/** Opens a migrated database, and the registry on it. */
export async function openWorld({ databases, stack }: Surroundings, label: string): Promise<World> {
  const url = await databases.createDatabase(label);
  const pool = new pg.Pool({ connectionString: url, max: 10 });
  pool.on('error', () => undefined); // the next statement reports a lost connection
  stack.defer(() => pool.end());
  const first = await openReplica({ url, stack });
  return { url, pool, ...first };
}

/** Opens a replica of the registry on the database, with a pool of its own; the first one migrates it. */
export async function openReplica({ url, stack }: { readonly url: string; readonly stack: AsyncDisposableStack }) {
  // At the end PostgreSQL drops the database while connections of a closed pool are still on their way out.
  const handle = await openDatabase({ url, log: () => undefined });
  stack.defer(() => handle.close());
  await migrateUp(handle.db);
  const operatorToken = randomBytes(24).toString('hex');
  const app = await createApp({
    config: { ...testConfig, tokens: { operator: [operatorToken], internal: [randomBytes(24).toString('hex')] } },
    database: handle,
    clock: systemClock,
    logger: createLogger('error', { write: (line) => void process.stderr.write(line) }),
  });
  stack.defer(() => app.close());
  return { handle, app, operatorToken };
}

export interface Network {
  readonly tenant_id: string;
  readonly project_id: string;
  /** Nodes without an address. */
  readonly spare: readonly string[];
}

interface Wanted {
  /** Addresses in use. */
  readonly used: number;
  /** Of the addresses up to the last one in use, each so many-th is free. Absent: none. */
  readonly holeEvery?: number;
  readonly spare: number;
  readonly cidr?: string;
}

/** Makes a tenant with a network in a space of its own, whose lowest addresses are in use. What is free is made by the product. */
export async function newNetwork(
  world: World,
  { used, holeEvery, spare, cidr = '10.0.0.0/12' }: Wanted,
): Promise<Network> {
  const { pool } = world;
  const slug = `bench-${randomBytes(6).toString('hex')}`;
  const { rows } = await pool.query<{ tenant_id: string; project_id: string; resource_id: string }>(
    `with tenant as (
      insert into tenants (slug, name, status, mesh_cidr, mesh_space) values ($1, 'Bench', 'active', $2::text::cidr, $1)
      returning id
    ), project as (
      insert into tenant_projects (tenant_id, slug, name) select id, 'bench', 'Bench' from tenant returning id, tenant_id
    )
    insert into resources (tenant_id, project_id, kind, name, origin)
    select tenant_id, id, 'site', 'Bench', 'adopted' from project
    returning tenant_id, project_id, id as resource_id`,
    [slug, cidr],
  );
  const [made] = rows;
  if (made === undefined) throw new Error('no tenant was made');
  const { tenant_id, project_id, resource_id } = made;
  const place = holeEvery === undefined ? 'i' : `i + (i - 1) / ${holeEvery - 1}`;
  await pool.query(
    `with node as (
      insert into nodes (tenant_id, project_id, resource_id, name)
      select $1, $2, $3, 'used-' || i from generate_series(1, $4::int) as i returning id, name
    )
    insert into domain_mesh_ip_allocations (tenant_id, project_id, node_id, ip)
    select $1, $2, id, mesh_first($5::text::cidr) + (${place}) from node, substr(name, 6) as n, cast(n as int) as i`,
    [tenant_id, project_id, resource_id, used, cidr],
  );
  const nodes = await pool.query<{ id: string }>(
    `insert into nodes (tenant_id, project_id, resource_id, name)
    select $1, $2, $3, 'spare-' || i from generate_series(1, $4::int) as i returning id`,
    [tenant_id, project_id, resource_id, spare],
  );
  await rebuild(world, tenant_id);
  await pool.query('vacuum analyze nodes, domain_mesh_ip_allocations, mesh_free_ranges, tenants, tenant_projects');
  return { tenant_id, project_id, spare: nodes.rows.map(({ id }) => id) };
}

/** Makes what is free in a network anew, with the product's own statement. */
export async function rebuild({ handle }: World, tenant_id: string): Promise<void> {
  await handle.db.transaction().execute(async (tx) => {
    await networks.lockNetwork(tx, tenant_id);
    await meshFreeRanges.insertFreeRangesAnew(tx, tenant_id);
  });
}

/** The context of an API key of the tenant: the database shows it that tenant alone, in the turn of the tenant. */
export function contextOf(
  { app: { deps } }: Pick<World, 'app'>,
  { tenant_id }: Pick<Network, 'tenant_id'>,
): ActorContext {
  const scopes = ['registry:nodes:write', 'registry:network:read'];
  const actor = keyActor(grants, { key_id: 'bench', name: 'bench', tenant_id, project_id: null, scopes, owner: null });
  return { ...systemContext(deps, { name: 'bench' }), actor, db: deps.forTenant({ tenant_id, project_id: null }) };
}

/** Gives the node the lowest free address: what POST /v1/nodes/{id}/address does behind HTTP. */
export const take = (ctx: ActorContext, id: string) => takeNodeAddress(ctx, { id });

/** What DELETE /v1/nodes/{id}/address does behind HTTP. */
export const giveBack = (ctx: ActorContext, id: string) => giveBackNodeAddress(ctx, id);

/** Resolves to the milliseconds that the work took. */
export async function timed(work: () => Promise<unknown>): Promise<number> {
  const start = performance.now();
  await work();
  return performance.now() - start;
}
