// The ceiling of a read, a list, a search and a creation: Fastify, zod for what comes in, and prepared statements with pg,
// written by hand on the tables of the product. It knows no callers.
import Fastify from 'fastify';
import pg from 'pg';
import { z } from 'zod';
import { newId } from '../../../packages/server/src/kernel/ids.ts';
import { required, serve } from './serve.ts';

const DATE = 1082;
const TRIAL_MS = 14 * 86_400_000;
const COLUMNS = `id, slug, name, status, kind, plan, erp_id, stripe_id, trial_ends_at, contract_starts_on, contract_ends_on,
  sales_owner, region, mesh_cidr, frozen_at, archived_at, created_at, updated_at`;

pg.types.setTypeParser(DATE, (text) => text); // a day has no time zone
const pool = new pg.Pool({ connectionString: required('DATABASE_URL'), max: Number(required('POOL_MAX')) });
pool.on('error', () => undefined); // the bench drops the database at the end, while this server still runs

const oneId = z.strictObject({ id: z.guid().toLowerCase() });
const page = z.strictObject({
  limit: z.coerce.number().int().min(1).max(200).default(50),
  cursor: z.string().min(1).max(1_024).optional(),
  q: z.string().min(1).max(200).optional(),
});
const label = z.string().min(1).max(200).nullish();
const creation = z.strictObject({
  slug: z.string().regex(/^[a-z0-9][a-z0-9-]{1,38}[a-z0-9]$/),
  name: z.string().min(1).max(200),
  kind: z.enum(['customer', 'demo']).default('customer'),
  plan: label,
  erp_id: label,
  stripe_id: label,
  trial_ends_at: z.iso.datetime({ offset: true }).nullish(),
  contract_starts_on: z.iso.date().nullish(),
  contract_ends_on: z.iso.date().nullish(),
  sales_owner: label,
  region: label,
});

const app = Fastify();

app.get('/v1/tenants/:id', async (request, reply) => {
  const { id } = oneId.parse(request.params);
  const { rows } = await pool.query({
    name: 'get',
    text: `select ${COLUMNS} from tenants where id = $1`,
    values: [id],
  });
  return rows[0] ?? reply.status(404).send({ code: 'not_found' });
});

app.get('/v1/tenants', async (request) => {
  const { limit, cursor, q } = page.parse(request.query);
  const after = cursor === undefined ? [] : [Buffer.from(cursor, 'base64url').toString()];
  const pattern = q === undefined ? [] : [`%${q.replace(/[\\%_]/g, '\\$&')}%`];
  const conditions = [
    ...after.map(() => 'id < $2'),
    ...pattern.map(() => `(slug ilike $${after.length + 2} or name ilike $${after.length + 2})`),
  ];
  const where = conditions.length === 0 ? '' : `where ${conditions.join(' and ')}`;
  const { rows } = await pool.query<{ id: string }>({
    name: `list-${after.length}-${pattern.length}`,
    text: `select ${COLUMNS} from tenants ${where} order by id desc limit $1`,
    values: [limit + 1, ...after, ...pattern],
  });
  const items = rows.slice(0, limit);
  const last = rows.length > limit ? items[items.length - 1] : undefined;
  return { items, next_cursor: last === undefined ? null : Buffer.from(last.id).toString('base64url') };
});

app.post('/v1/tenants', async (request, reply) => {
  const input = creation.parse(request.body);
  const now = new Date();
  const client = await pool.connect();
  try {
    await client.query('begin');
    const row = await insertTenant(client, input, now);
    const event = newId(() => now);
    await client.query({
      name: 'audit',
      text: `insert into audit_log (id, tenant_id, tenant_slug, product, project_id, actor_type, actor_id, actor_name, action,
          target_type, target_id, target_name, description, metadata, source_ip, request_id, is_failure, occurred_at,
          created_at, origin)
        values ($1, $2, $3, null, null, 'static_token', 'operator', null, 'tenant.created', 'tenant', $2::uuid::text, $4, null,
          $5, $6, $7, false, $8, $8, 'registry')`,
      values: [event, row.id, row.slug, row.name, JSON.stringify(row), request.ip, request.id, now],
    });
    await client.query({
      name: 'outbox',
      text: `insert into outbox_events (id, tenant_id, project_id, product, aggregate_type, aggregate_id, event_type, payload,
          occurred_at)
        values ($1, $2, null, null, 'tenant', $2::uuid::text, 'tenant.created', $3, $4)`,
      values: [event, row.id, JSON.stringify(row), now],
    });
    await client.query('commit');
    return reply.status(201).send(row);
  } catch (error) {
    await client.query('rollback');
    throw error;
  } finally {
    client.release();
  }
});

async function insertTenant(client: pg.ClientBase, input: z.output<typeof creation>, now: Date) {
  const { slug, name, kind, plan, erp_id, stripe_id, contract_starts_on, contract_ends_on, sales_owner, region } =
    input;
  const trialEnd = input.trial_ends_at ?? (kind === 'customer' ? new Date(now.getTime() + TRIAL_MS) : null);
  const status = kind === 'demo' ? 'demo' : 'trial';
  const { rows } = await client.query<{ id: string; slug: string; name: string }>({
    name: 'insert',
    text: `insert into tenants (id, slug, name, kind, status, plan, erp_id, stripe_id, trial_ends_at, contract_starts_on,
        contract_ends_on, sales_owner, region, created_at, updated_at)
      values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $14) returning ${COLUMNS}`,
    values: [
      ...[newId(() => now), slug, name, kind, status, plan, erp_id, stripe_id, trialEnd, contract_starts_on],
      ...[contract_ends_on, sales_owner, region, now],
    ],
  });
  const [row] = rows;
  if (row === undefined) throw new Error('an insert gives its row');
  return row;
}

await serve(app, []);
