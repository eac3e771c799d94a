/** Replicas that remember what `verify` may: only as much as leases need to be tried. */
import { apiKeys, type DatabaseHandle } from '@tenant-registry/db';
import { systemClock } from '../src/kernel/clock.ts';
import { createLeases, type LeaseOptions, type Leases } from '../src/kernel/leases.ts';
import { createLogger } from '../src/kernel/logger.ts';

export interface MemoryReader {
  /** Whether the key is there and not revoked: from memory when that is allowed, else by one read. */
  accepts(keyId: string): Promise<boolean>;
  /** How often memory has answered. */
  hits(): number;
}

export interface Replica {
  readonly leases: Leases;
  readonly reader: MemoryReader;
  /** Every line that was logged, parsed. */
  readonly logs: readonly Record<string, unknown>[];
}

/** A replica without HTTP; its lease is not started. */
export function createReplica(database: DatabaseHandle, options: Partial<LeaseOptions> = {}): Replica {
  const logs: Record<string, unknown>[] = [];
  const logger = createLogger('info', { write: (line) => void logs.push(JSON.parse(line)) });
  const leases = createLeases({ database, leaseMs: 2_000, clock: systemClock, logger, ...options });
  return { leases, reader: createMemoryReader(database, leases), logs };
}

/** Remembers rows as the contract of `Leases` allows it, and not one instant longer. */
function createMemoryReader({ db }: DatabaseHandle, leases: Leases): MemoryReader {
  const remembered = new Map<string, { readonly tenantId: string; readonly live: boolean }>();
  let hits = 0;
  leases.onChange((tenantIds) => {
    for (const [id, { tenantId }] of remembered) {
      if (tenantIds === null || tenantIds.includes(tenantId)) remembered.delete(id);
    }
  });
  return {
    hits: () => hits,
    async accepts(keyId) {
      const known = remembered.get(keyId);
      if (known !== undefined && leases.held()) {
        hits += 1;
        return known.live;
      }
      const [held, generation] = [leases.held(), leases.generation()];
      const row = await apiKeys.findApiKey(db, keyId);
      const live = row !== undefined && row.revoked_at === null;
      if (row !== undefined && held && leases.generation() === generation) {
        remembered.set(keyId, { tenantId: row.tenant_id, live });
      }
      return live;
    },
  };
}
