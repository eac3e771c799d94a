/** Events: the log of everything that happened, and who is told. */
import type { KernelDependencies } from '../../kernel/context.ts';
import { createGate } from '../../kernel/gate.ts';
import { defineModule } from '../../kernel/module.ts';
import { eventsSettings } from './environment.ts';
import { eventErrors } from './errors.ts';
import { createEventFeed, type EventFeed } from './feed/event-feed.ts';
import { listenersGate } from './feed/refusal.ts';
import { createOutboxLag, lagWorker, type OutboxLag } from './lag.worker.ts';
import { createOutboxMetrics, type OutboxMetrics } from './metrics.ts';
import { eventsPermissions } from './permissions.ts';
import { pruneWorker } from './prune.worker.ts';
import type { NatsSettings } from './relay/environment.ts';
import { openNatsStream } from './relay/nats.ts';
import { createRelay, type Relay } from './relay/relay.ts';
import { relayWorker } from './relay/relay.worker.ts';
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
    /** Counts what becomes of the events that wait. */
    readonly outboxMetrics: OutboxMetrics;
    /** Stores every event in a stream of NATS; null: none is configured. */
    readonly eventRelay: Relay | null;
  }
}

interface EventsConfig {
  readonly eventsRetentionDays: number;
  readonly eventsNats: NatsSettings | null;
}

export const eventsModule = defineModule({
  router: eventsRouter,
  tag: { name: 'Events', description: 'What happened, as it was committed: live, and from the log.' },
  errors: eventErrors,
  permissions: eventsPermissions,
  settings: eventsSettings,
  workers: [sequenceWorker, pruneWorker, lagWorker, relayWorker],
  provide(kernel, { eventsRetentionDays, eventsNats }: EventsConfig) {
    const outboxLag = createOutboxLag();
    const outboxMetrics = createOutboxMetrics(kernel.metrics, outboxLag);
    const eventRelay = eventsNats === null ? null : natsRelay(kernel, eventsNats, eventsRetentionDays);
    return { eventsRetentionDays, outboxLag, outboxMetrics, eventFeed: provideFeed(kernel), eventRelay };
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

function natsRelay({ db, logger, metrics }: KernelDependencies, settings: NatsSettings, retentionDays: number): Relay {
  const open = (signal: AbortSignal) => openNatsStream(settings, { retentionDays, signal });
  return createRelay({ name: 'nats', db, logger, metrics, open });
}
