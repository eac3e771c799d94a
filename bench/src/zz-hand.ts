import Fastify from 'fastify';
import pg from 'pg';
import { z } from 'zod';
import { required, serve } from './servers/serve.ts';
const pool = new pg.Pool({ connectionString: required('DATABASE_URL') });
pool.on('error', () => undefined);
const app = Fastify();
const input = z.object({ id: z.uuid() });
app.get('/v1/tenants/:id', async (request, reply) => {
  const { id } = input.parse(request.params);
  const { rows } = await pool.query({ name: 't', text: 'select * from tenants where id = $1', values: [id] });
  return rows[0] ?? reply.code(404).send({});
});
process.on('SIGTERM', () => process.exit(0));
await serve(app, []);
