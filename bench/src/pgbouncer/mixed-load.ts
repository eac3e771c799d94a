import { randomInt, randomUUID } from 'node:crypto';
import { type DatabaseHandle, type Db, leaveTenant, type TenantScope } from '@tenant-registry/db';

/** A tenant with two projects. */
export interface Tenant {
  readonly id: string;
  readonly projects: readonly [string, string];
}

export interface Findings {
  /** The number of operations of each kind. */
  readonly operations: Record<string, number>;
  readonly rows: number;
  /** Rows of a tenant or a project that the scope does not reach. */
  readonly foreign: number;
  /** Answers without a row that the scope must reach. */
  readonly missing: number;
}

/** Resolves to new tenants with two projects each. */
export async function makeTenants(db: Db, count: number): Promise<Tenant[]> {
  const tenants = Array.from(
    { length: count },
    (): Tenant => ({
      id: randomUUID(),
      projects: [randomUUID(), randomUUID()],
    }),
  );
  await db
    .insertInto('tenants')
    .values(tenants.map(({ id }) => ({ id, slug: `t-${id.slice(0, 13)}`, name: 'Bench', status: 'active' as const })))
    .execute();
  const projects = tenants.flatMap(({ id: tenant_id, projects }) =>
    projects.map((id) => ({ id, tenant_id, slug: `p-${id.slice(0, 13)}`, name: 'Bench' })),
  );
  await db.insertInto('tenant_projects').values(projects).execute();
  return tenants;
}

type Row = { readonly tenant_id: string; readonly id: string };

const read = (db: Db): Promise<Row[]> => db.selectFrom('tenant_projects').select(['tenant_id', 'id']).execute();

const write = (db: Db): Promise<Row[]> =>
  db.updateTable('tenant_projects').set({ description: 'seen' }).returning(['tenant_id', 'id']).execute();

/** Ways to work inside a tenant. Each returns the rows that it saw, and none filters by tenant. */
const scoped: Readonly<Record<string, (db: Db) => Promise<Row[]>>> = {
  statement: read,
  'failed statement': async (db) => {
    const refused = await db
      .deleteFrom('tenants')
      .execute()
      .then(
        () => false,
        () => true,
      );
    if (!refused) throw new Error('a tenant could delete tenants');
    return read(db);
  },
  transaction: (db) => db.transaction().execute(async (tx) => [...(await write(tx)), ...(await read(tx))]),
  'rolled-back transaction': async (db) => {
    const seen: Row[] = [];
    const failed = db.transaction().execute(async (tx) => {
      seen.push(...(await write(tx)));
      throw new Error('given up');
    });
    await failed.catch(() => undefined);
    return seen;
  },
  'transaction that leaves the tenant': (db) =>
    db.transaction().execute(async (tx) => {
      const rows = await read(tx);
      await leaveTenant(tx);
      await tx.selectFrom('idempotency_keys').select('key').limit(1).execute();
      return rows;
    }),
};

const kinds = Object.keys(scoped);

/**
 * Runs `clients` at once. Each step of a client works for a random tenant or project, or for the owner. Counts the rows
 * outside the scope of their step, and the answers that lack a row of it.
 */
export async function runMixedLoad(
  handle: DatabaseHandle,
  tenants: readonly Tenant[],
  { clients, steps }: { readonly clients: number; readonly steps: number },
): Promise<Findings> {
  const found = { operations: {} as Record<string, number>, rows: 0, foreign: 0, missing: 0 };
  const client = async (): Promise<void> => {
    for (let step = 0; step < steps; step += 1) {
      const kind = kinds[randomInt(kinds.length + 1)];
      if (kind === undefined) await ownerStep(handle.db, tenants, found);
      else await scopedStep(handle, tenants, kind, found);
    }
  };
  await Promise.all(Array.from({ length: clients }, client));
  return found;
}

type Found = { -readonly [Key in keyof Findings]: Findings[Key] };

async function scopedStep(
  handle: DatabaseHandle,
  tenants: readonly Tenant[],
  kind: string,
  found: Found,
): Promise<void> {
  const tenant = tenants[randomInt(tenants.length)];
  const work = scoped[kind];
  if (tenant === undefined || work === undefined) throw new Error('there is no tenant to work for');
  const project_id = randomInt(2) === 0 ? null : tenant.projects[0];
  const scope: TenantScope = { tenant_id: tenant.id, project_id };
  const rows = await work(handle.forTenant(scope));
  const mine = rows.filter((row) => row.tenant_id === tenant.id && (project_id === null || row.id === project_id));
  count(found, kind, rows.length);
  found.foreign += rows.length - mine.length;
  const ids = new Set(mine.map(({ id }) => id));
  if (ids.size !== (project_id === null ? 2 : 1)) found.missing += 1;
}

/** Reads all tenants as the owner, who must see every row on a connection that a tenant used before. */
async function ownerStep(db: Db, tenants: readonly Tenant[], found: Found): Promise<void> {
  const rows = await db.selectFrom('tenants').select('id').execute();
  count(found, 'statement of the owner', rows.length);
  if (rows.length !== tenants.length) found.missing += 1;
}

function count(found: Found, kind: string, rows: number): void {
  found.operations[kind] = (found.operations[kind] ?? 0) + 1;
  found.rows += rows;
}
