// The ceiling of a check: Fastify and one prepared single-row select, written by hand, on the rows that the product reads.
import Fastify from 'fastify';
import pg from 'pg';
import { required, serve } from './serve.ts';

const pool = new pg.Pool({ connectionString: required('DATABASE_URL') });
pool.on('error', () => undefined); // the bench drops the database at the end, while this server still runs

const app = Fastify();
app.post<{ Body: { principal: { id: string } } }>('/check', async (request) => {
  const { rows } = await pool.query({
    name: 'one_user',
    text: 'select id, tenant_id, roles, disabled_at from users where id = $1',
    values: [request.body.principal.id],
  });
  return { allowed: rows[0] !== undefined && rows[0].disabled_at === null };
});
await serve(app, []);
