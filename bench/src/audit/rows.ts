import type pg from 'pg';

/** The tenant with the measured number of rows. Other tenants share a tenth of that number in addition. */
export const TENANT = '01890000-0000-7000-8000-000000000001';
/** The tenant whose rows are all among the oldest tenth. */
const GONE = '01890000-0000-7000-8000-000000000002';
const OTHERS = 1_000;

/** The measured filters, each with a value that some rows have. */
export const filters = {
  none: '',
  tenant_id: `tenant_id=${TENANT}`,
  'tenant_id, gone': `tenant_id=${GONE}`,
  product: 'product=product-3',
  actor_id: 'actor_id=user-77',
  action: 'action=noun3.verb3',
  'action, prefix': 'action=noun3.*',
  target_id: 'target_id=report-77',
  'since, until': 'since=2025-01-01T00:02:00Z&until=2025-01-01T00:04:00Z',
} as const;

/**
 * Fills the empty audit log of a migrated database with `size` rows of one tenant and a tenth of that of others. The
 * table looks like one after years of use: rows in the order of time, all indexes built, vacuumed and analyzed.
 */
export async function loadRows(client: pg.Client, size: number): Promise<void> {
  await client.query('set statement_timeout = 0');
  await client.query("set maintenance_work_mem = '512MB'");
  await client.query(
    `insert into tenants (id, slug, name, status) select
       ('01890000-0000-7000-8000-' || lpad(i::text, 12, '0'))::uuid, 'tenant-' || i, 'Tenant ' || i, 'active'
     from generate_series(1, $1::int) as i`,
    [OTHERS + 2],
  );
  // For speed, indexes are built after the load, and the foreign key, which holds by construction, is not checked.
  const { rows: indexes } = await client.query<{ name: string; definition: string }>(
    `select indexname as name, indexdef as definition from pg_indexes
     where tablename = 'audit_log' and indexname <> 'audit_log_pkey'`,
  );
  for (const { name } of indexes) await client.query(`drop index ${name}`);
  await client.query('set session_replication_role = replica');
  await client.query(insertion, [Math.round(size * 1.1)]);
  await client.query('reset session_replication_role');
  for (const { definition } of indexes) await client.query(definition);
  await client.query('vacuum (analyze) audit_log');
  await client.query('checkpoint');
}

// Ten of eleven rows belong to TENANT. The eleventh belongs to GONE in the first tenth of the time, later to the others.
const insertion = `
  insert into audit_log (
    id, tenant_id, tenant_slug, product, actor_type, actor_id, actor_name, action, target_type, target_id, target_name,
    metadata, source_ip, request_id, occurred_at, created_at
  )
  select
    (lpad(to_hex((extract(epoch from at) * 1000)::bigint), 12, '0') || '7' || lpad(to_hex(i & 4095), 3, '0')
      || '8' || substr(md5(i::text), 1, 15))::uuid,
    ('01890000-0000-7000-8000-' || lpad(tenant::text, 12, '0'))::uuid, 'tenant-' || tenant,
    'product-' || i % 8, 'user', 'user-' || i % 997, 'User ' || i % 997,
    'noun' || i % 10 || '.verb' || i % 7, 'report', 'report-' || i % 9973, 'Report ' || i % 9973,
    jsonb_build_object('n', i, 'format', 'pdf', 'pages', i % 40, 'note', md5(i::text)),
    '203.0.113.7', md5(i::text), at, at
  from (
    select i, timestamptz '2025-01-01' + i / 4 * interval '150 milliseconds' as at,
      case when i % 11 > 0 then 1 when i <= $1::int / 10 then 2 else 3 + i % ${OTHERS} end as tenant
    from generate_series(1, $1::int) as i
  ) as row`;
