import { performance } from 'node:perf_hooks';
import type { DatabaseHandle, Db } from '@tenant-registry/db';
import { tenants as tenantQueries } from '@tenant-registry/db';
import { median, round } from '../lib/load.ts';

export interface ReadCost {
  readonly plain_ms: number;
  readonly scoped_ms: number;
  /** Median over the rounds of scoped by plain. */
  readonly ratio: number;
}

/** Resolves to the median time of sequential reads of a tenant, as the owner and in the tenant's scope in turns. */
export async function measureScopedRead(
  handle: DatabaseHandle,
  id: string,
  { rounds, reads }: { readonly rounds: number; readonly reads: number },
): Promise<ReadCost> {
  const scoped = handle.forTenant({ tenant_id: id, project_id: null });
  await medianRead(handle.db, id, reads);
  await medianRead(scoped, id, reads);
  const samples: { plain: number; scoped: number }[] = [];
  for (let index = 0; index < rounds; index += 1) {
    samples.push({ plain: await medianRead(handle.db, id, reads), scoped: await medianRead(scoped, id, reads) });
  }
  return {
    plain_ms: round(median(samples.map(({ plain }) => plain)), 3),
    scoped_ms: round(median(samples.map((sample) => sample.scoped)), 3),
    ratio: round(median(samples.map((sample) => sample.scoped / sample.plain)), 2),
  };
}

async function medianRead(db: Db, id: string, reads: number): Promise<number> {
  const times: number[] = [];
  for (let index = 0; index < reads; index += 1) {
    const start = performance.now();
    const tenant = await tenantQueries.findTenant(db, id);
    times.push(performance.now() - start);
    if (tenant?.id !== id) throw new Error('the tenant was not found');
  }
  return median(times);
}
