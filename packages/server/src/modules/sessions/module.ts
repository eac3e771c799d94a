/** How people sign in here, and the sessions that they have then. */
import { createLastSeen } from '../../kernel/buffered/last-seen.ts';
import { defineModule } from '../../kernel/module.ts';
import { createSessionOf } from './authority.ts';
import { sessionCookie } from './credential.ts';
import { sessionErrors } from './errors.ts';
import { sessionsExpiryWorker } from './expiry.worker.ts';
import { lastSeenWorker } from './last-seen.worker.ts';
import { signInFlowsWorker } from './oidc/flows.worker.ts';
import { signInEvents } from './oidc/schema.ts';
import { createSignIn } from './oidc/sign-in.ts';
import { createPasswords } from './passwords/proof.ts';
import type { SessionsPort } from './port.ts';
import { sessionsRouter } from './router.ts';
import { sessionEvents } from './schema.ts';

export const sessionsModule = defineModule({
  router: sessionsRouter,
  tag: { name: 'Sign-in', description: 'How people sign in here, and the sessions that they have then.' },
  errors: sessionErrors,
  events: { ...sessionEvents, ...signInEvents },
  workers: [lastSeenWorker, sessionsExpiryWorker, signInFlowsWorker],
  provide(kernel, { publicUrl }: { readonly publicUrl: string | null }) {
    const { clock, metrics } = kernel;
    const passwords = createPasswords({
      clock,
      took: (operation, seconds) => metrics.argon2Seconds.observe({ operation: `password_${operation}` }, seconds),
    });
    metrics.observeGate(passwords.gate);
    const sessionOf = createSessionOf(kernel);
    const port: SessionsPort = { publicUrl, sessionOf, lastSeen: createLastSeen(), passwords };
    return { sessions: port, signIn: createSignIn(kernel, publicUrl) };
  },
  cookie: sessionCookie,
});
