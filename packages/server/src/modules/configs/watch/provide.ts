/** The feed of this process, with its gate and its figures. */
import type { KernelDependencies } from '../../../kernel/context.ts';
import { createGate } from '../../../kernel/gate.ts';
import type { ConfigStore } from '../store/port.ts';
import { type ConfigFeed, createConfigFeed } from './config-feed.ts';
import { watchersGate } from './refusal.ts';

/** Makes the feed of the store. */
export function provideFeed({ leases, logger, metrics }: KernelDependencies, store: ConfigStore): ConfigFeed {
  const gate = createGate(watchersGate);
  metrics.observeGate(gate);
  const about = 'Streams of changed configurations that ended before their reader left.';
  const cuts = metrics.counter('config_feed_cut_total', about, ['reason']);
  const feed = createConfigFeed({ store, gate, leases, logger, onEnd: (reason) => cuts.inc({ reason }) });
  metrics.gauge('config_feed_listeners', 'Streams of changed configurations that are open.', feed.listening);
  return feed;
}
