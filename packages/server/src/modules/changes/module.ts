/** The feed of changes of authority: products learn which verdicts they may no longer keep. */
import { defineModule } from '../../kernel/module.ts';
import { type ChangeFeed, createChangeFeed } from './change-feed.ts';
import { changesRouter } from './router.ts';

declare module '../../kernel/context.ts' {
  interface Ports {
    /** Tells products whose verdicts are no longer what they were. */
    readonly changeFeed: ChangeFeed;
  }
}

export const changesModule = defineModule({
  router: changesRouter,
  provide: ({ leases }, { authorityLeaseMs }: { readonly authorityLeaseMs: number }) => ({
    changeFeed: createChangeFeed({ source: leases, settleMs: authorityLeaseMs }),
  }),
  close: ({ changeFeed }) => changeFeed.close(),
});
