// The second ceiling: Fastify and one prepared single-row select for each call, without a cache and without validation.
import Fastify from 'fastify';
import pg from 'pg';
import { digest, mintKey } from './keys.ts';
import { keyCount, required, serve } from './serve.ts';

const pool = new pg.Pool({ connectionString: required('DATABASE_URL') });
pool.on('error', () => undefined); // the bench drops the database at the end, while this server still runs

const keys = Array.from({ length: keyCount }, mintKey);
await pool.query(`
  create table keys (
    digest text primary key,
    key_id uuid not null default gen_random_uuid(),
    tenant_id uuid not null default gen_random_uuid(),
    scopes text[] not null default '{}',
    expires_at timestamptz,
    revoked_at timestamptz
  )`);
await pool.query('insert into keys (digest) select unnest($1::text[])', [keys.map(digest)]);
await pool.query('analyze keys');

const app = Fastify();
app.post<{ Body: { key: string } }>('/verify', async (request) => {
  const { rows } = await pool.query({
    name: 'verify',
    text: 'select key_id, tenant_id, scopes, expires_at, revoked_at from keys where digest = $1',
    values: [digest(request.body.key)],
  });
  const row = rows[0];
  return row === undefined || row.revoked_at !== null ? { valid: false, code: 'not_found' } : { valid: true, ...row };
});
await serve(app, keys);
