/** Tells operators that a proxy stands before the registry and TRUST_PROXY does not name it. */
import type { FastifyInstance } from 'fastify';
import type { Logger } from '../kernel/logger.ts';

/**
 * Returns a function that watches a server's requests. The first one that carries X-Forwarded-For while no proxy is
 * trusted is logged, once for all servers that are watched.
 */
export function forwardedWarning(trustProxy: string | false, logger: Logger): (app: FastifyInstance) => void {
  let told = trustProxy !== false;
  return (app) => {
    if (told) return;
    app.addHook('onRequest', ({ headers, socket }, _, done) => {
      if (!told && headers['x-forwarded-for'] !== undefined) {
        told = true;
        logger.warn({ proxy: socket.remoteAddress }, 'requests carry X-Forwarded-For, but TRUST_PROXY is empty');
      }
      done();
    });
  };
}
