/** Is it alive, is it ready: for load balancers and orchestrators. */
import { type DatabaseHandle, requireCurrentSchema } from '@tenant-registry/db';
import type { FastifyBaseLogger, FastifyInstance } from 'fastify';
import { withinDeadline } from '../kernel/async/deadline.ts';
import type { RegistryClock } from '../kernel/registry-clock.ts';

const CHECK_TIMEOUT_MS = 1_000;
const noAnswer = () => new Error(`no answer within ${CHECK_TIMEOUT_MS} ms`);

interface Checked {
  readonly database: DatabaseHandle;
  readonly registryClock: RegistryClock;
}

/** Mounts `/healthz`, which only says that the process answers, and `/readyz`, which names each check that fails. */
export function mountHealth(app: FastifyInstance, checked: Checked): void {
  const failingChecks = readiness(checked);
  app.get('/healthz', async () => ({ status: 'ok' }));
  app.get('/readyz', async (request, reply) => {
    const failing = await failingChecks(request.log);
    if (failing.length === 0) return { status: 'ok' };
    return reply.code(503).header('retry-after', '1').send({ status: 'unavailable', failing });
  });
}

/** Returns what names the failing checks. Everybody may ask, so all who ask at once share one look at the database. */
function readiness({ database, registryClock }: Checked): (log: FastifyBaseLogger) => Promise<string[]> {
  const checks = {
    'db-primary': () => database.ping(CHECK_TIMEOUT_MS),
    schema: () => withinDeadline(requireCurrentSchema(database.db), CHECK_TIMEOUT_MS, noAnswer),
    clock: () => withinDeadline(requireAgreement(registryClock), CHECK_TIMEOUT_MS, noAnswer),
  };
  let underway: Promise<string[]> | undefined;
  async function look(log: FastifyBaseLogger): Promise<string[]> {
    for (const [name, check] of Object.entries(checks)) {
      try {
        await check();
      } catch (err) {
        log.warn({ err, check: name }, 'not ready');
        return [name]; // without a database the other checks say nothing
      }
    }
    return [];
  }
  return (log) => {
    underway ??= look(log).finally(() => {
      underway = undefined;
    });
    return underway;
  };
}

async function requireAgreement(registryClock: RegistryClock): Promise<void> {
  if (await registryClock.agrees()) return;
  throw new Error(`the clock of this process is ${registryClock.aheadMs()} ms ahead of the database's`);
}
