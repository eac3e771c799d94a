/** Rows per second that pruning deletes, and the size of the tables over cycles of writing and pruning. */
import type pg from 'pg';
import { createLogger } from '../../../packages/server/src/kernel/logger.ts';
import { pruneWorker } from '../../../packages/server/src/modules/events/prune.worker.ts';
import { median, round } from '../lib/load.ts';
import { fillOldLog, type LogDatabase, openLogDatabase } from './log-database.ts';
import type { Section } from './section.ts';

const EVENTS = 20_000;
/** An event, its delivery and its attempt. */
const ROWS_AN_EVENT = 3;
/** What the worker counts: an event and its delivery. */
const ROWS_PRUNED_AN_EVENT = 2;
const CYCLES_MIN = 4;
const TABLES = 'events, webhook_deliveries, webhook_attempts';

export const measurePruning: Section = async (surroundings) => {
  const { db, client } = await openLogDatabase(surroundings, 'events-prune');
  const [rates, sizes]: [number[], number[]] = [[], []];
  const cycles = Math.max(CYCLES_MIN, surroundings.rounds);
  for (let cycle = 1; cycle <= cycles; cycle += 1) {
    await fillOldLog(client, EVENTS);
    rates.push((ROWS_AN_EVENT * EVENTS) / (await secondsToPrune(db)));
    // Autovacuum does this within a minute; the cycles do not wait for it.
    await client.query(`vacuum ${TABLES}`);
    sizes.push(await bytes(client));
    surroundings.progress(`prune: cycle ${cycle} of ${cycles}`);
  }
  const growth = (sizes.at(-1) ?? Number.NaN) / (sizes[1] ?? Number.NaN);
  return [
    { what: 'rows pruned', value: Math.round(median(rates)), unit: 'rows/s', goal: { least: 20_000 } },
    {
      what: `size after cycle ${cycles} by that after cycle 2`,
      value: round(growth, 2),
      unit: '×',
      goal: { most: 1.1 },
    },
  ];
};

async function secondsToPrune(db: LogDatabase['db']): Promise<number> {
  const deps = { db, logger: createLogger('error'), eventsRetentionDays: 30 } as unknown as Parameters<
    typeof pruneWorker.runOnce
  >[0];
  const { signal } = new AbortController();
  const start = performance.now();
  let pruned = 0;
  for (let batch = -1; batch !== 0; pruned += batch) batch = await pruneWorker.runOnce(deps, signal);
  const rows = ROWS_PRUNED_AN_EVENT * EVENTS;
  if (pruned !== rows) throw new Error(`${pruned} rows were pruned, not ${rows}`);
  return (performance.now() - start) / 1000;
}

async function bytes(client: pg.Client): Promise<number> {
  const { rows } = await client.query(`
    select sum(pg_total_relation_size(name::regclass))::float8 as bytes
    from unnest(string_to_array('${TABLES}', ', ')) as name`);
  return rows[0].bytes;
}
