/** Rows of networks, made past the operations: a tenant with a range, its projects, and nodes without addresses. */
import { randomUUID } from 'node:crypto';
import type { Db, Tx } from '@tenant-registry/db';
import { sql } from 'kysely';
import { expect } from 'vitest';
import type { ActorContext, Dependencies } from '../../src/kernel/context.ts';
import { DomainError } from '../../src/kernel/errors.ts';
import { systemContext } from '../../src/kernel/system-context.ts';
import type { RecordEvent } from '../../src/kernel/transact.ts';
import {
  type AddressHolder,
  allocateAddress,
  rebuildFreeRanges,
  releaseAddress,
  transactInNetwork,
} from '../../src/modules/network/allocator/service.ts';
import type { MeshAddress } from '../../src/modules/network/schema.ts';
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
export async function newNetworkRows(
  deps: Dependencies,
  { cidr, projects: count, nodes }: Wanted,
): Promise<NetworkRows> {
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
export const unrecorded: RecordEvent = async () => '';

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

/** The node at the place. */
export function nodeOf({ nodes }: NetworkRows, place: number): AddressHolder {
  const holder = nodes[place];
  if (holder === undefined) throw new Error(`there is no node ${place}`);
  return holder;
}

/** Gives the node an address in a transaction of its own. */
export function allocated(ctx: ActorContext, holder: AddressHolder, ip?: string): Promise<MeshAddress> {
  return transactInNetwork(ctx, holder.tenant_id, async (tx, record, nothingChanged) => {
    nothingChanged();
    return allocateAddress(ctx, tx, record, { holder, ip });
  });
}

/** Takes the address of the node back in a transaction of its own. */
export function released(ctx: ActorContext, holder: AddressHolder): Promise<MeshAddress | undefined> {
  return transactInNetwork(ctx, holder.tenant_id, async (tx, record, nothingChanged) => {
    nothingChanged();
    return releaseAddress(ctx, tx, record, holder);
  });
}

/** What a caller is told whose request was refused: the code, the field at fault, and when to try again. */
export async function refusalOf(attempt: Promise<unknown>) {
  const error = await attempt.then(
    () => undefined,
    (reason: unknown) => reason,
  );
  if (!(error instanceof DomainError)) throw new Error('expected a refusal', { cause: error });
  const { definition, extras, message: detail } = error;
  return { code: definition.code, pointer: extras.errors?.[0]?.pointer, detail, retryAfter: extras.retryAfter };
}

/** The addresses that nodes have, lowest first. */
export async function addressesIn(db: Db, tenant_id: string): Promise<string[]> {
  const rows = db.selectFrom('domain_mesh_ip_allocations').select('ip');
  return (await rows.where('tenant_id', '=', tenant_id).orderBy('ip').execute()).map(({ ip }) => ip);
}

/** The lowest hosts of 10.9.0.0/20. */
export function hosts(count: number): string[] {
  return Array.from({ length: count }, (_, index) => `10.9.${(index + 1) >> 8}.${(index + 1) & 255}`);
}
