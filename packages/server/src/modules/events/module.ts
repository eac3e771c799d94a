/** Events: the log of everything that happened, and who is told. */
import type { KernelDependencies } from '../../kernel/context.ts';
import { createGate } from '../../kernel/gate.ts';
import { defineModule } from '../../kernel/module.ts';
import { eventsSettings } from './environment.ts';
import { eventErrors } from './errors.ts';
import { createEventFeed, type EventFeed } from './feed/event-feed.ts';
import { listenersGate } from './feed/refusal.ts';
import { createOutboxLag, lagWorker, type OutboxLag } from './lag.worker.ts';
import { eventsPermissions } from './permissions.ts';
import { pruneWorker } from './prune.worker.ts';
import { eventsRouter } from './router.ts';
import { sequenceWorker } from './sequence.worker.ts';

declare module '../../kernel/context.ts' {
  interface Ports {
    /** For how long events are kept. */
    readonly eventsRetentionDays: number;
    /** Tells listeners what happens. */
    readonly eventFeed: EventFeed;
    /** For how long the oldest event has waited for its place in the log. */
    readonly outboxLag: OutboxLag;
  }
}

export const eventsModule = defineModule({
  router: eventsRouter,
  tag: { name: 'Events', description: 'What happened, as it was committed: live, and from the log.' },
  errors: eventErrors,
  permissions: eventsPermissions,
  settings: eventsSettings,
  workers: [sequenceWorker, pruneWorker, lagWorker],
  provide(kernel, { eventsRetentionDays }: { readonly eventsRetentionDays: number }) {
    const outboxLag = createOutboxLag();
    const about = 'For how long the oldest event has waited for its place in the log.';
    kernel.metrics.gauge('outbox_oldest_seconds', about, outboxLag.seconds);
    return { eventsRetentionDays, outboxLag, eventFeed: provideFeed(kernel) };
  },
  close: ({ eventFeed }) => eventFeed.close(),
});

function provideFeed({ db, signals, logger, metrics }: KernelDependencies): EventFeed {
  const gate = createGate(listenersGate);
  metrics.observeGate(gate);
  const cuts = metrics.counter('feed_cut_total', 'Streams of events that ended before their reader left.', ['reason']);
  const feed = createEventFeed({ db, gate, signals, logger, onEnd: (reason) => cuts.inc({ reason }) });
  metrics.gauge('feed_listeners', 'Streams of events that are open.', feed.listening);
  return feed;
}
