import pg from 'pg';
import type { Tenant } from './mixed-load.ts';

/**
 * Sets role and tenant for the session instead of the transaction, the mistake that the bench must be able to detect,
 * and resolves to the number of foreign rows seen. The pooler is unusable afterwards.
 */
export async function runControl(url: string, tenants: readonly Tenant[], clients: number): Promise<number> {
  const pool = new pg.Pool({ connectionString: url, max: clients });
  const client = async (index: number): Promise<number> => {
    let foreign = 0;
    for (const { id } of [...tenants.slice(index % tenants.length), ...tenants]) {
      await pool.query(
        `select set_config('app.tenant_id', $1, false), set_config('role', 'tenant_registry_tenant', false)`,
        [id],
      );
      const { rows } = await pool.query<{ tenant_id: string }>('select tenant_id from tenant_projects');
      foreign += rows.filter(({ tenant_id }) => tenant_id !== id).length;
    }
    return foreign;
  };
  try {
    const counts = await Promise.all(Array.from({ length: clients }, (_, index) => client(index)));
    return counts.reduce((sum, each) => sum + each, 0);
  } finally {
    await pool.end();
  }
}
