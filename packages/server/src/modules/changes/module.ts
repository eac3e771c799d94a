/** The feed of changes of authority: products learn which verdicts they may no longer keep. */
import { createGate } from '../../kernel/gate.ts';
import { defineModule } from '../../kernel/module.ts';
import { type ChangeFeed, createChangeFeed } from './change-feed.ts';
import { changesRouter } from './router.ts';

declare module '../../kernel/context.ts' {
  interface Ports {
    /** Tells products whose verdicts are no longer what they were. */
    readonly changeFeed: ChangeFeed;
  }
}

/** Products listen for the platform, so a tenant's bounds concern none of them. */
const listeners = { name: 'feed', places: 1_000, waitingMax: 0, tenantPlacesMax: 1, tenantWaitingMax: 0 };

export const changesModule = defineModule({
  router: changesRouter,
  provide({ leases, metrics }, { authorityLeaseMs }: { readonly authorityLeaseMs: number }) {
    const gate = createGate(listeners);
    metrics.observeGate(gate);
    return { changeFeed: createChangeFeed({ source: leases, settleMs: authorityLeaseMs, gate }) };
  },
  close: ({ changeFeed }) => changeFeed.close(),
});
