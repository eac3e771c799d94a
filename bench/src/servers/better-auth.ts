// The peer: better-auth's API-key plugin in its documented set-up on PostgreSQL, without logging, telemetry and rate limits.
import { randomBytes } from 'node:crypto';
import { apiKey } from '@better-auth/api-key';
import { betterAuth } from 'better-auth';
import { getMigrations } from 'better-auth/db/migration';
import Fastify from 'fastify';
import pg from 'pg';
import { keyCount, required, serve } from './serve.ts';

const pool = new pg.Pool({ connectionString: required('DATABASE_URL') });
pool.on('error', () => undefined); // the bench drops the database at the end, while this server still runs

const auth = betterAuth({
  baseURL: 'http://127.0.0.1',
  secret: randomBytes(32).toString('base64'),
  database: pool,
  emailAndPassword: { enabled: true },
  logger: { disabled: true },
  telemetry: { enabled: false },
  rateLimit: { enabled: false },
  plugins: [apiKey({ rateLimit: { enabled: false } })],
});
const { runMigrations } = await getMigrations(auth.options);
await runMigrations();

const password = randomBytes(16).toString('base64');
const { user } = await auth.api.signUpEmail({ body: { name: 'Bench', email: 'bench@example.com', password } });
const keys: string[] = [];
while (keys.length < keyCount) {
  const body = { userId: user.id, name: `bench-${keys.length}`, rateLimitEnabled: false };
  const created = await auth.api.createApiKey({ body });
  keys.push(created.key);
}
await pool.query('analyze');

const app = Fastify();
app.post<{ Body: { key: string } }>('/verify', (request) => auth.api.verifyApiKey({ body: { key: request.body.key } }));
await serve(app, keys);
