/** Is it alive, is it ready: for load balancers and orchestrators. */
import { type DatabaseHandle, requireCurrentSchema } from '@tenant-registry/db';
import type { FastifyInstance } from 'fastify';

const CHECK_TIMEOUT_MS = 1_000;

/** Mounts `/healthz`, which only says that the process answers, and `/readyz`, which names each check that fails. */
export function mountHealth(app: FastifyInstance, database: DatabaseHandle): void {
  app.get('/healthz', async () => ({ status: 'ok' }));
  app.get('/readyz', async (request, reply) => {
    const checks = {
      'db-primary': () => database.ping(CHECK_TIMEOUT_MS),
      schema: () => requireCurrentSchema(database.db),
    };
    const failing: string[] = [];
    for (const [name, check] of Object.entries(checks)) {
      try {
        await check();
      } catch (err) {
        request.log.warn({ err, check: name }, 'not ready');
        failing.push(name);
        break; // without a database the other checks say nothing
      }
    }
    if (failing.length === 0) return { status: 'ok' };
    return reply.code(503).header('retry-after', '1').send({ status: 'unavailable', failing });
  });
}
