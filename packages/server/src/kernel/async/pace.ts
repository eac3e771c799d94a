/** Work that could take all of the process goes no faster than it should. */
import { setTimeout as sleep } from 'node:timers/promises';
import { createLru } from '../lru.ts';

/** Tenants that are remembered; the least recently seen are forgotten first. */
const TENANTS_MAX = 10_000;

export interface PaceOptions {
  readonly bytesPerSecond: number;
  /** How far ahead of its pace the work may be, in seconds. */
  readonly aheadSeconds: number;
  readonly timing?: Timing;
}

/** Time that a test may move. */
export interface Timing {
  /** Monotonic, in milliseconds. */
  now(): number;
  wait(ms: number): Promise<unknown>;
}

/** Returns what is to be awaited with the bytes of each part of the work: it waits while the work is too far ahead. */
export function createPace({ bytesPerSecond, aheadSeconds, timing = system }: PaceOptions) {
  const start = timing.now();
  let done = 0;
  return async (bytes: number): Promise<void> => {
    done += bytes;
    const due = start + (done / bytesPerSecond - aheadSeconds) * 1_000;
    const early = due - timing.now();
    if (early > 0) await timing.wait(early);
  };
}

/** To be awaited with the bytes of each part of the work of a tenant; null stands for the platform, which never waits. */
export type TenantPace = (tenantId: string | null, bytes: number) => Promise<void>;

/**
 * All work of a tenant goes at one pace, in however many requests: what it does after a rest is as far ahead as it may be,
 * and no further. Awaited with no bytes before the work begins, it keeps a tenant that is too far ahead from beginning more.
 */
export function createTenantPace({ bytesPerSecond, aheadSeconds, timing = system }: PaceOptions): TenantPace {
  /** When the work that a tenant has done would be done at the pace. */
  const dueAt = createLru<number>(TENANTS_MAX);
  return async (tenantId, bytes) => {
    if (tenantId === null) return;
    const now = timing.now();
    const due = Math.max(now, dueAt.get(tenantId) ?? now) + (bytes / bytesPerSecond) * 1_000;
    dueAt.set(tenantId, due);
    const early = due - aheadSeconds * 1_000 - now;
    if (early > 0) await timing.wait(early);
  };
}

const system: Timing = { now: () => performance.now(), wait: (ms) => sleep(ms) };
