/** Keeps verdicts, and decides for how long each may be given again. Pure: the time is an argument. */
import type { ApiKeyVerdict } from '../types.ts';
import { createRecentChanges } from './recent-changes.ts';

/** Bounds how late a key is accepted that becomes valid by the clock alone; any change ends a refusal earlier. */
const REFUSAL_MS_MAX = 1_000;

export interface MemoryOptions {
  readonly ttlMs: number;
  readonly entriesMax: number;
}

export interface VerdictMemory {
  readonly size: number;
  /** Returns the kept verdict on the question with this name, or undefined if it may not be given any more. */
  recall(name: string, now: number): ApiKeyVerdict | undefined;
  /** Keeps the verdict on a question asked at `askedAt`, unless a change may have outdated it since. */
  keep(name: string, verdict: ApiKeyVerdict, askedAt: number): void;
  /** Tells whether no tenant has changed since that time. */
  unchangedSince(askedAt: number): boolean;
  /** Forgets the verdicts of these tenants, or of all for null, and keeps no answer of the next `settleMs` about them. */
  forget(tenantIds: readonly string[] | null, now: number, settleMs: number): void;
}

interface Entry {
  readonly verdict: ApiKeyVerdict;
  readonly askedAt: number;
}

/** Creates a memory for at most `entriesMax` verdicts. A full memory drops the least recently used verdict. */
export function createVerdictMemory({ ttlMs, entriesMax }: MemoryOptions): VerdictMemory {
  const entries = new Map<string, Entry>();
  const changes = createRecentChanges(ttlMs, entriesMax);
  return {
    get size() {
      return entries.size;
    },
    recall(name, now) {
      const entry = entries.get(name);
      if (entry === undefined) return undefined;
      const { verdict, askedAt } = entry;
      entries.delete(name);
      const keptMs = verdict.valid ? ttlMs : Math.min(ttlMs, REFUSAL_MS_MAX);
      if (now - askedAt >= keptMs || !changes.holds(verdict, askedAt)) return undefined;
      entries.set(name, entry);
      return verdict;
    },
    keep(name, verdict, askedAt) {
      // Unknown keys are unlimited in number, and would displace the verdicts on real ones.
      if (!verdict.valid && verdict.code === 'not_found') return;
      if (ttlMs === 0 || !changes.holds(verdict, askedAt)) return;
      entries.delete(name);
      entries.set(name, { verdict, askedAt });
      const [oldest] = entries.size > entriesMax ? entries.keys() : [];
      if (oldest !== undefined) entries.delete(oldest);
    },
    unchangedSince: changes.unchangedSince,
    forget(tenantIds, now, settleMs) {
      if (tenantIds !== null) return changes.add(tenantIds, now, settleMs);
      changes.addAll(now, settleMs);
      entries.clear();
    },
  };
}
