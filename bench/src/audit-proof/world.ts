/** The registry in this process, on a database of its own, with a tenant whose audit log is filled. */
import { randomBytes } from 'node:crypto';
import { type DatabaseHandle, migrateUp, openDatabase } from '@tenant-registry/db';
import pg from 'pg';
import { type App, createApp } from '../../../packages/server/src/app.ts';
import { systemClock } from '../../../packages/server/src/kernel/clock.ts';
import { createLogger } from '../../../packages/server/src/kernel/logger.ts';
import { signGrownLogs } from '../../../packages/server/src/modules/audit/sealing/round.ts';
import { sealBatch } from '../../../packages/server/src/modules/audit/sealing/seal.worker.ts';
import { testConfig } from '../../../packages/server/src/testing.ts';
import type { Surroundings } from './section.ts';

export const TENANT = '01890000-0000-7000-8000-000000000001';
export const SEED = '0f'.repeat(32);
export const ORIGIN = 'bench.example/audit';

export interface World {
  readonly url: string;
  readonly handle: DatabaseHandle;
  readonly app: App;
  readonly operatorToken: string;
  readonly client: pg.Client;
}

/** Opens a migrated database with one tenant, and the registry on it. Its workers do not run. */
export async function openWorld({ databases, stack }: Surroundings, label: string): Promise<World> {
  const url = await databases.createDatabase(label);
  const handle = await openDatabase({ url, statementTimeoutMs: 0, log: () => undefined });
  stack.defer(() => handle.close());
  await migrateUp(handle.db);
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  client.on('error', () => undefined); // the next statement reports a lost connection
  stack.defer(() => client.end());
  await client.query('set statement_timeout = 0');
  const operatorToken = randomBytes(24).toString('hex');
  const app = await createApp({
    config: {
      ...testConfig,
      auditSigningKeys: [SEED],
      auditOrigin: ORIGIN,
      tokens: { operator: [operatorToken], internal: [randomBytes(24).toString('hex')] },
    },
    database: handle,
    clock: systemClock,
    logger: createLogger('error', { write: (line) => void process.stderr.write(line) }),
  });
  stack.defer(() => app.close());
  await client.query(`insert into tenants (id, slug, name, status) values ($1, 'bench', 'Bench', 'active')`, [TENANT]);
  return { url, handle, app, operatorToken, client };
}

const INSERT_ROWS_MAX = 100_000;

/** Inserts rows that have everything a row can have, each with a ticket. */
export async function insertEvents({ client }: World, count: number): Promise<void> {
  for (let from = 0; from < count; from += INSERT_ROWS_MAX)
    await client.query(insertion, [from, Math.min(from + INSERT_ROWS_MAX, count) - 1, TENANT]);
  await client.query('vacuum (analyze) audit_log, audit_unsealed');
}

const insertion = `
  insert into audit_log (
    id, tenant_id, tenant_slug, product, actor_type, actor_id, actor_name, action, crud, target_type, target_id,
    target_name, description, metadata, external_id, source_ip, request_id, occurred_at, created_at, origin, reported_by
  )
  select
    (lpad(to_hex((extract(epoch from at) * 1000)::bigint), 12, '0') || '7' || lpad(to_hex(i & 4095), 3, '0')
      || '8' || substr(md5(i::text), 1, 15))::uuid,
    $3::uuid, 'bench', 'product-' || i % 8, 'user', 'user-' || i % 997, 'User ' || i % 997,
    'noun' || i % 10 || '.verb' || i % 7, (array['c', 'r', 'u', 'd'])[1 + i % 4], 'report', 'report-' || i % 9973,
    'Report ' || i % 9973, 'Exported a report as PDF.',
    jsonb_build_object('n', i, 'format', 'pdf', 'pages', i % 40, 'note', md5(i::text)), md5('e' || i),
    '203.0.113.7', md5(i::text), at - interval '20 milliseconds', at, 'reported', 'internal_token'
  from (select i, timestamptz '2026-01-01' + i / 4 * interval '1 millisecond' as at from generate_series($1::int, $2::int) as i) as row`;

/** Seals all that waits, and returns how many rows that were. */
export async function sealAll({ app }: World): Promise<number> {
  let sealed = 0;
  for (;;) {
    const taken = await sealBatch(app.deps);
    if (taken === 0) return sealed;
    sealed += taken;
  }
}

/** Signs every log that grew, at once. */
export async function signAll({ app: { deps } }: World): Promise<void> {
  const { refused } = await signGrownLogs({ ...deps, audit: { ...deps.audit, checkpointSeconds: 0 } });
  if (refused.length > 0) throw new Error(`not signed: ${JSON.stringify(refused)}`);
}

/** Returns how many milliseconds the work takes. */
export async function timed(work: () => Promise<unknown>): Promise<number> {
  const begun = performance.now();
  await work();
  return performance.now() - begun;
}
