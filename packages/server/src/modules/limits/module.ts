/** Limits: what a caller and its tenant may have, spend and send. */
import { defineModule } from '../../kernel/module.ts';
import { limitsRouter } from './router.ts';

export const limitsModule = defineModule({
  router: limitsRouter,
  tag: { name: 'Limits', description: 'What a caller and its tenant may have in use, spend in a minute, and send.' },
});
