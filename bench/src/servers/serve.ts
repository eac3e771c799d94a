import type { FastifyInstance } from 'fastify';

/** The number of keys that the bench requests. */
export const keyCount = Number(process.env['KEY_COUNT'] ?? '1');

/** Serves `app` on HOST and PORT until SIGTERM. GET /readyz answers with the `keys` that POST /verify accepts. */
export async function serve(app: FastifyInstance, keys: readonly string[]): Promise<void> {
  app.get('/readyz', () => ({ status: 'ok', keys }));
  await app.listen({ host: process.env['HOST'] ?? '127.0.0.1', port: Number(process.env['PORT'] ?? '0') });
  process.once('SIGTERM', () => process.exit(0));
}

/** Returns an environment variable that the bench always sets. Throws if it is missing. */
export function required(name: string): string {
  const value = process.env[name];
  if (!value) throw new Error(`${name} is not set: start this server through the bench`);
  return value;
}
