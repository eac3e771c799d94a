/** `/metrics`: the figures of the process, or of all that serve the port together, for Prometheus. */
import type { FastifyInstance } from 'fastify';
import { kernelErrors, missingPermission } from '../kernel/errors.ts';
import type { Metrics } from '../kernel/metrics.ts';
import { sendProblem } from './problem.ts';

const PERMISSION = 'api_keys:verify';

export interface MetricsAccess {
  /** Whether the internal token is needed: on every listener that others than the operators' network can reach. */
  readonly guarded: boolean;
}

/** Mounts `GET /metrics` in the text format of Prometheus: with `guarded`, for who may verify API keys, else for everybody. */
export function mountMetrics(app: FastifyInstance, metrics: Metrics, { guarded }: MetricsAccess): void {
  app.get('/metrics', async (request, reply) => {
    if (guarded) {
      const { actor, refusal } = request;
      if (actor === null) return sendProblem(reply, refusal ?? kernelErrors.unauthenticated());
      if (!actor.permissions.has(PERMISSION)) return sendProblem(reply, missingPermission(PERMISSION));
    }
    return reply.type(metrics.registry.contentType).send(await metrics.text());
  });
}
