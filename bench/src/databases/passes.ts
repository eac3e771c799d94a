/** Passes per second over databases that need nothing, beside a bare loop of the same statements by `pg`. */
import { createMemoryProvisioner } from '../../../packages/provisioner/src/memory.ts';
import { createApp } from '../../../packages/server/src/app.ts';
import { systemClock } from '../../../packages/server/src/kernel/clock.ts';
import { createLogger } from '../../../packages/server/src/kernel/logger.ts';
import { testConfig } from '../../../packages/server/src/testing.ts';
import { median, round } from '../lib/load.ts';
import type { Figure } from '../lib/sections.ts';
import { type Filled, makeDue, openFilled, PROVISIONERS } from './rows.ts';
import type { Section } from './section.ts';

const PASSES_AT_ONCE = 4;
const WITHIN_MS = 600_000;
const GOAL = 0.3;

export const measurePasses: Section = async (surroundings) => {
  const { rounds, rows, progress, stack } = surroundings;
  const filled = await openFilled(surroundings, 'databases-passes');
  const bare = await openFilled(surroundings, 'databases-bare');
  const rates = { ours: [] as number[], bare: [] as number[] };
  const run = async (side: keyof typeof rates): Promise<number> => {
    const seconds = side === 'ours' ? await reconcileAll(filled) : await loopOverAll(bare);
    return rows / seconds;
  };
  const app = await startApp(filled);
  stack.defer(() => app.close());
  // The first passes make the databases, which is not what is measured here.
  await undue(filled, new Date());
  for (let turn = 0; turn < rounds; turn += 1) {
    const sides = turn % 2 === 0 ? (['ours', 'bare'] as const) : (['bare', 'ours'] as const);
    for (const side of sides) rates[side].push(await run(side));
    progress(`passes: round ${turn + 1} of ${rounds}`);
  }
  return figuresOf(rates, rows);
};

function figuresOf({ ours, bare }: Readonly<Record<'ours' | 'bare', readonly number[]>>, rows: number): Figure[] {
  const ratios = ours.map((rate, index) => rate / (bare[index] ?? Number.NaN));
  return [
    { what: `passes over ${rows} databases`, value: Math.round(median(ours)), unit: '/s' },
    { what: 'bare loop of the same statements', value: Math.round(median(bare)), unit: '/s' },
    { what: 'ratio', value: round(median(ratios), 2), unit: '×', goal: { least: GOAL } },
  ];
}

/** The registry in this process, with its workers and two worlds in memory. */
async function startApp({ handle }: Filled) {
  const worlds = new Map(PROVISIONERS.map((name) => [name as string, () => createMemoryProvisioner()]));
  const app = await createApp({
    config: { ...testConfig, databases: { installation: 'bench', tiers: new Map(), provisioners: worlds } },
    database: handle,
    clock: systemClock,
    logger: createLogger('error', { write: (line) => void process.stderr.write(line) }),
  });
  app.startWorkers();
  return app;
}

/** Resolves to the seconds until each database has had a pass. */
async function reconcileAll(filled: Filled): Promise<number> {
  const since = await makeDue(filled);
  const start = performance.now();
  await undue(filled, since);
  return (performance.now() - start) / 1_000;
}

/** Waits until no database is due since the time, or longer. */
async function undue({ pool }: Filled, since: Date): Promise<void> {
  const endsAt = performance.now() + WITHIN_MS;
  const text = 'select exists (select from database_work where next_reconcile_at <= $1 or lease_id is not null) as due';
  while ((await pool.query(text, [since])).rows[0].due) {
    if (performance.now() > endsAt) throw new Error('databases are due for too long');
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}

const CLAIM = `
  with claimed as (
    update database_work
    set lease_id = gen_random_uuid(), lease_until = now() + interval '60 s', next_reconcile_at = now() + interval '60 s'
    where database_id = any(array(
      select database_id from database_work
      where provisioner = $1 and next_reconcile_at <= now() and (lease_until is null or lease_until <= now())
      order by next_reconcile_at limit ${PASSES_AT_ONCE} for update skip locked
    ))
    returning *
  )
  select d.*, w.lease_id from claimed w join databases d on d.id = w.database_id join tenants t on t.id = d.tenant_id`;

/** What the worker sends for a pass that changes nothing: a claim for four, and locks, a read and a touch for each. */
async function loopOverAll(bare: Filled): Promise<number> {
  await makeDue(bare);
  const start = performance.now();
  await Promise.all(PROVISIONERS.map((provisioner) => loop(bare, provisioner)));
  return (performance.now() - start) / 1_000;
}

async function loop({ pool }: Filled, provisioner: string): Promise<void> {
  for (;;) {
    const { rows } = await pool.query<{ id: string; tenant_id: string; lease_id: string }>(CLAIM, [provisioner]);
    if (rows.length === 0) return;
    await Promise.all(rows.map((row) => settle(pool, row)));
  }
}

async function settle(
  pool: Filled['pool'],
  { id, tenant_id, lease_id }: { readonly id: string; readonly tenant_id: string; readonly lease_id: string },
): Promise<void> {
  const client = await pool.connect();
  try {
    await client.query('begin');
    await client.query('select id from tenants where id = $1 for share', [tenant_id]);
    await client.query('select id from databases where id = $1 for update', [id]);
    await client.query('select database_id from database_work where database_id = $1 for update', [id]);
    await client.query(
      `select d.*, w.* from database_work w join databases d on d.id = w.database_id
      join tenants t on t.id = d.tenant_id where w.database_id = $1 and w.lease_id = $2`,
      [id, lease_id],
    );
    await client.query(
      `update database_work set attempts = 0, error_message = null, next_reconcile_at = now() + interval '60 s',
        lease_id = null, lease_until = null where database_id = $1`,
      [id],
    );
    await client.query('commit');
  } finally {
    client.release();
  }
}
