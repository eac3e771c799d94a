/** Events: the log of everything that happened, and who is told. */
import { defineModule } from '../../kernel/module.ts';
import { eventsSettings } from './environment.ts';
import { eventErrors } from './errors.ts';
import { eventsPermissions } from './permissions.ts';
import { pruneWorker } from './prune.worker.ts';
import { eventsRouter } from './router.ts';
import { sequenceWorker } from './sequence.worker.ts';

declare module '../../kernel/context.ts' {
  interface Ports {
    /** For how long events are kept. */
    readonly eventsRetentionDays: number;
  }
}

export const eventsModule = defineModule({
  router: eventsRouter,
  tag: { name: 'Events', description: 'What happened, as it was committed: live, and from the log.' },
  errors: eventErrors,
  permissions: eventsPermissions,
  settings: eventsSettings,
  workers: [sequenceWorker, pruneWorker],
  provide: (_, { eventsRetentionDays }: { readonly eventsRetentionDays: number }) => ({ eventsRetentionDays }),
});
