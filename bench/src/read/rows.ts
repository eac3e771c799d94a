import type pg from 'pg';

/** What the searches look for. A page's cost must depend on the table alone, so as many rows match at every size. */
export const searches = { match: 'needle', none: 'globex', many: 'company' } as const;

const MATCHES = 10;
const PREFIX = '01890000-0000-7000-8000-';

/** Returns the id of the n-th tenant, from 1. */
export function tenantIdOf(n: number): string {
  return `${PREFIX}${String(n).padStart(12, '0')}`;
}

/** Fills a migrated database with `size` tenants, ten of which `searches.match` finds, and analyzes it. */
export async function loadTenants(client: pg.Client, size: number): Promise<void> {
  await client.query('set statement_timeout = 0');
  const every = Math.max(1, Math.floor(size / MATCHES));
  await client.query(`
    insert into tenants (
      id, slug, name, status, plan, erp_id, stripe_id, trial_ends_at, contract_starts_on, contract_ends_on, sales_owner, region,
      created_at, updated_at
    )
    select ('${PREFIX}' || lpad(i::text, 12, '0'))::uuid, 't-' || substr(md5(i::text), 1, 8) || '-' || i,
      case when i % ${every} = 0 and i / ${every} <= ${MATCHES} then 'Needle ' else 'Company ' end || substr(md5('name' || i), 1, 10),
      'active', 'professional', 'C-' || i, 'cus_' || md5('stripe' || i), at + interval '14 days', at::date,
      (at + interval '1 year')::date, 'sales-' || i % 20 || '@example.com', 'eu-central', at, at
    from generate_series(1, ${size}) as i,
      lateral (select timestamptz '2026-01-01T00:00:00Z' + i * interval '1 minute' as at) as created`);
  await client.query('vacuum (analyze) tenants');
  await client.query('checkpoint');
}

/**
 * Serves searches as one would by hand: `ilike` with an index of pg_trgm, instead of what the product has for its own
 * statement. Resolves to false where the server does not have this extension: searches then read the table.
 */
export async function indexByHand(client: pg.Client): Promise<boolean> {
  await client.query('drop index if exists tenants_search_idx');
  const { rowCount } = await client.query(`select from pg_available_extensions where name = 'pg_trgm'`);
  if (rowCount !== 1) return false;
  await client.query('create extension if not exists pg_trgm');
  await client.query('create index on tenants using gin (slug gin_trgm_ops, name gin_trgm_ops)');
  await client.query('vacuum (analyze) tenants');
  return true;
}
