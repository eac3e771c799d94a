/** Events per second from the queue to the log, beside a bare `insert … select` of equal rows into an equal table. */
import type pg from 'pg';
import { createSignals } from '../../../packages/server/src/kernel/signals.ts';
import { sequenceWorker } from '../../../packages/server/src/modules/events/sequence.worker.ts';
import { median, round } from '../lib/load.ts';
import type { Figure } from '../lib/sections.ts';
import { fillQueue, type LogDatabase, openLogDatabase } from './log-database.ts';
import type { Section } from './section.ts';

const EVENTS = 20_000;
const BATCH = 1_000;
const ENDPOINTS = 10;

const columns = `id, tenant_id, project_id, product, aggregate_type, aggregate_id, event_type, payload, occurred_at`;

export const measureSequencer: Section = async (surroundings) => {
  const { db, client } = await openLogDatabase(surroundings, 'events-sequencer');
  await client.query(`create table bare_queue (like outbox_events including all)`);
  await client.query(`create table bare_events (like events including all)`);
  const rates = { ours: [] as number[], bare: [] as number[], fanned: [] as number[] };
  for (let turn = -1; turn < surroundings.rounds; turn += 1) {
    await fillQueue(client, EVENTS);
    await client.query(`truncate bare_queue, bare_events`);
    await client.query(`insert into bare_queue (${columns}) select ${columns} from outbox_events order by seq`);
    await client.query(`analyze bare_queue`);
    const sides: [number[], () => Promise<number>][] = [
      [rates.ours, () => sequence(db)],
      [rates.bare, () => copy(client)],
    ];
    if (turn % 2 !== 0) sides.reverse();
    for (const [into, work] of sides) {
      const rate = await work();
      if (turn >= 0) into.push(rate);
    }
    surroundings.progress(`sequencer: round ${turn + 1} of ${surroundings.rounds}`);
  }
  await client.query(`
    insert into webhook_endpoints (url, event_types)
    select 'https://acme.example/' || i, array['*'] from generate_series(1, ${ENDPOINTS}) as i`);
  await fillQueue(client, EVENTS);
  rates.fanned.push(await sequence(db));
  return figures(rates);
};

function figures({ ours, bare, fanned }: Readonly<Record<'ours' | 'bare' | 'fanned', readonly number[]>>): Figure[] {
  const ratios = ours.map((rate, index) => rate / (bare[index] ?? Number.NaN));
  return [
    { what: 'queue to log', value: Math.round(median(ours)), unit: 'events/s', goal: { least: 5_000 } },
    { what: 'bare insert … select', value: Math.round(median(bare)), unit: 'events/s' },
    { what: 'ratio', value: round(median(ratios), 2), unit: '×' },
    { what: `with ${ENDPOINTS} deliveries of each`, value: Math.round(median(fanned)), unit: 'events/s' },
  ];
}

/** Empties the queue as the worker of one process does. */
async function sequence(db: LogDatabase['db']): Promise<number> {
  const deps = { db, signals: createSignals() } as Parameters<typeof sequenceWorker.runOnce>[0];
  const { signal } = new AbortController();
  const start = performance.now();
  let moved = 0;
  for (let batch = -1; batch !== 0; moved += batch) batch = await sequenceWorker.runOnce(deps, signal);
  if (moved !== EVENTS) throw new Error(`${moved} events were moved, not ${EVENTS}`);
  return moved / ((performance.now() - start) / 1000);
}

/** Copies the rows in batches of the same size, each in a transaction of its own, and takes none away. */
async function copy(client: pg.Client): Promise<number> {
  const start = performance.now();
  for (let from = 0; from < EVENTS; from += BATCH) {
    await client.query(`
      insert into bare_events (position, ${columns})
      select seq, ${columns} from bare_queue
      where seq > (select coalesce(max(position), 0) from bare_events) order by seq limit ${BATCH}`);
  }
  const { rows } = await client.query('select count(*)::int as count from bare_events');
  if (rows[0]?.count !== EVENTS) throw new Error(`${rows[0]?.count} rows were copied, not ${EVENTS}`);
  return EVENTS / ((performance.now() - start) / 1000);
}
