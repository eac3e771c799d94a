/** Rows of networks, made past the operations: a tenant with a range, its projects, and nodes without addresses. */
import { randomUUID } from 'node:crypto';
import type { Db, Tx } from '@tenant-registry/db';
import { sql } from 'kysely';
import { expect } from 'vitest';
import type { ActorContext, Dependencies } from '../../src/kernel/context.ts';
import { systemContext } from '../../src/kernel/system-context.ts';
import type { RecordEvent } from '../../src/kernel/transact.ts';
import type { AddressHolder } from '../../src/modules/network/allocator/service.ts';
import { rebuildFreeRanges } from '../../src/modules/network/allocator/service.ts';
import { uniqueSlug } from './server.ts';

export interface NetworkRows {
  readonly tenant_id: string;
  readonly projects: readonly string[];
  /** They are pending; the first one belongs to the first project, the second to the second, and so on in turn. */
  readonly nodes: readonly AddressHolder[];
}

interface Wanted {
  /** Null: the tenant has no range. */
  readonly cidr: string | null;
  readonly projects: number;
  readonly nodes: number;
}

/** Makes the tenant and all that is in it. Its range is in a space of its own. */
export async function newNetwork(deps: Dependencies, { cidr, projects: count, nodes }: Wanted): Promise<NetworkRows> {
  const [tenant_id, space] = [randomUUID(), uniqueSlug()];
  const projects = Array.from({ length: count }, () => randomUUID()).sort();
  const ctx = networkContext(deps);
  const made = await deps.db.transaction().execute(async (tx) => {
    await sql`
      insert into tenants (id, slug, name, status, mesh_cidr, mesh_space)
      values (${tenant_id}, ${space}, 'Acme', 'active', ${cidr}::cidr, ${space})`.execute(tx);
    await sql`
      insert into tenant_projects (tenant_id, id, slug, name)
      select ${tenant_id}::uuid, id, 'p-' || id, 'P' from unnest(${projects}::uuid[]) as id`.execute(tx);
    await sql`
      insert into resources (tenant_id, project_id, kind, name, origin)
      select ${tenant_id}::uuid, id, 'server', 'rack', 'adopted' from unnest(${projects}::uuid[]) as id`.execute(tx);
    const { rows } = await sql<AddressHolder>`
      with made as (
        insert into nodes (tenant_id, project_id, resource_id, name)
        select tenant_id, project_id, id, 'n' || i
        from generate_series(0, ${nodes}::int - 1) as i
        join resources r on r.tenant_id = ${tenant_id}::uuid and r.project_id = (${projects}::uuid[])[i % ${count}::int + 1]
        returning id, project_id, name
      )
      select ${tenant_id}::uuid as tenant_id, project_id, id as node_id, name as node_name
      from made order by substr(name, 2)::int`.execute(tx);
    await rebuildFreeRanges(ctx, tx, tenant_id);
    return rows;
  });
  return { tenant_id, projects, nodes: made };
}

/** A context that sees every tenant, or what the handle shows. */
export function networkContext(deps: Dependencies, db: Db = deps.db): ActorContext {
  return { ...systemContext(deps, { name: 'test' }), db };
}

/** For work whose events are of no interest. */
export const unrecorded: RecordEvent = async () => {};

export interface FreeRow {
  readonly project_id: string | null;
  readonly first: string;
  readonly last: string;
  readonly not_before: string | null;
}

/** What is free, lowest first. */
export async function freeRows(db: Db | Tx, tenant_id: string): Promise<FreeRow[]> {
  const rows = db.selectFrom('mesh_free_ranges').select(['project_id', 'first', 'last', 'not_before']);
  return rows.where('tenant_id', '=', tenant_id).orderBy('first').execute();
}

/** Holds the free ranges against those that follow from range, sub-ranges and addresses. */
export async function expectFreeRowsRight(deps: Dependencies, tenant_id: string): Promise<void> {
  const stored = await freeRows(deps.db, tenant_id);
  const rebuilding = await deps.db.startTransaction().execute();
  await rebuildFreeRanges(networkContext(deps), rebuilding, tenant_id);
  const rebuilt = await freeRows(rebuilding, tenant_id);
  await rebuilding.rollback().execute();
  expect(stored).toEqual(rebuilt);
}
