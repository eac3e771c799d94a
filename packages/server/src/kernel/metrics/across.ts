/** How the figures of several processes become those of all: counters and histograms are added; each gauge as it says here. */
import { AggregatorRegistry, type Registry } from 'prom-client';
import type { Figures } from '../process-group.ts';

/** Of each gauge: the total, the largest or the smallest of the processes that have it, or their mean. */
const gauges: Readonly<Record<string, 'sum' | 'max' | 'min' | 'average'>> = {
  build_info: 'max',
  process_up: 'max',
  gate_running: 'sum',
  gate_waiting: 'sum',
  database_connections: 'sum',
  database_connections_idle: 'sum',
  database_connections_waiting: 'sum',
  database_connections_max: 'sum',
  // One machine has one clock.
  clock_ahead_seconds: 'average',
  // A process without a lease reads the database each time, which those that hold one must not hide.
  lease_held: 'min',
  lease_seconds: 'max',
  feed_listeners: 'sum',
  config_feed_listeners: 'sum',
  config_store_up: 'min',
  // One process of the group measures these, and the others know nothing.
  outbox_oldest_seconds: 'max',
  outbox_waiting: 'max',
  config_relay_lag_seconds: 'max',
  config_intents_waiting: 'max',
  config_intents_orphaned: 'max',
  config_etcd_bytes: 'max',
  config_etcd_quota_bytes: 'max',
  webhook_oldest_undelivered_seconds: 'max',
  webhook_deliveries_waiting: 'max',
  relay_lag_events: 'max',
  audit_unsealed_rows: 'max',
  audit_checkpoint_age_seconds: 'max',
  audit_checkpoint_overdue_seconds: 'max',
  databases: 'max',
  databases_by_reason: 'max',
  database_passes_running: 'sum',
  database_oldest_due_seconds: 'max',
  // Of workers that each process has, the one that is stuck must show.
  worker_last_success_timestamp_seconds: 'min',
  worker_pause_seconds: 'max',
};

/** Node's own whose worst process matters; the library would tell the mean of all, or nothing. */
const ofNode: typeof gauges = {
  nodejs_eventloop_lag_seconds: 'max',
  nodejs_eventloop_lag_mean_seconds: 'max',
  nodejs_eventloop_lag_p50_seconds: 'max',
  nodejs_eventloop_lag_p90_seconds: 'max',
  nodejs_eventloop_lag_p99_seconds: 'max',
  process_start_time_seconds: 'min',
};

/** Returns how the gauge of this name (without the prefix of ours) comes together; undefined: nobody decided. */
export function acrossOf(name: string): string | undefined {
  return gauges[name];
}

/** Returns the figures of the registry, each with how it comes together with those of other processes. */
export async function figuresOf(registry: Registry, prefix: string): Promise<Figures> {
  const figures = (await registry.getMetricsAsJSON()) as unknown as Figures; // the library's type says less than what it writes
  return figures.map((figure) => {
    const { name, aggregator } = figure;
    const own = name.startsWith(prefix) ? gauges[name.slice(prefix.length)] : ofNode[name];
    return { ...figure, aggregator: own ?? aggregator };
  });
}

/** Returns the registry of all figures together. */
export function together(figures: readonly Figures[]): Registry {
  return AggregatorRegistry.aggregate([...figures]);
}

/** Returns what only grows among the figures, which must not fall when its process ends. */
export function growing(figures: Figures): Figures {
  return figures.filter(({ type }) => type === 'counter' || type === 'histogram');
}
