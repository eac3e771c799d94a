/** How people sign in here, and the sessions that they have then. */
import { defineModule } from '../../kernel/module.ts';
import { sessionsRouter } from './router.ts';

export const sessionsModule = defineModule({
  router: sessionsRouter,
  tag: { name: 'Sign-in', description: 'How people sign in here, and the sessions that they have then.' },
});
