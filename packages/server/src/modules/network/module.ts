/** Networks: the range of addresses of a tenant, the parts of it that projects have, and who has which address. */
import { defineModule } from '../../kernel/module.ts';
import { createTurns, type Turns } from '../../kernel/turns.ts';
import { restWorker } from './allocator/rest.worker.ts';
import { networkSettings } from './environment.ts';
import { networkErrors } from './errors.ts';
import { networkPermissions } from './permissions.ts';
import { networkRouter } from './router.ts';
import { networkEvents } from './schema.ts';

declare module '../../kernel/context.ts' {
  interface Ports {
    /** Changes of the network of each tenant, one after the other. */
    readonly networkTurns: Turns;
  }
}

export const networkModule = defineModule({
  router: networkRouter,
  tag: {
    name: 'Network',
    description: 'The range of addresses of a tenant, the parts of it that projects have, and who has which address.',
  },
  errors: networkErrors,
  events: networkEvents,
  permissions: networkPermissions,
  settings: networkSettings,
  workers: [restWorker],
  provide({ metrics }, { meshWaitMs: waitMs }: { readonly meshWaitMs: number }) {
    const networkTurns = createTurns({ name: 'network', waitMs, refused: networkErrors.allocatorContention });
    metrics.observeGate(networkTurns.gate);
    return { networkTurns };
  },
});
