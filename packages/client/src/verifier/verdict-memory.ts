/** Verdicts that were given, and until when each of them may be given again. Pure: the time is an argument. */

import type { ApiKeyVerdict } from '../types.ts';
import { createSettling } from './settling.ts';

/** Refusals end with any change; and whoever becomes welcome by the clock alone is welcome soon. */
const REFUSAL_MS_MAX = 1_000;

export interface MemoryOptions {
  readonly ttlMs: number;
  readonly entriesMax: number;
}

export interface VerdictMemory {
  readonly size: number;
  /** The verdict on the question with this name, while it may be given. */
  recall(name: string, now: number): ApiKeyVerdict | undefined;
  /** Keeps a verdict on what was asked at `askedAt`, unless something changed since, or settles still. */
  keep(name: string, verdict: ApiKeyVerdict, askedAt: number): void;
  /** Whether nothing at all has changed since. */
  unchangedSince(askedAt: number): boolean;
  /** Forgets what is known of these tenants, or of all; what is asked within `settleMs` may still be of before. */
  forget(tenantIds: readonly string[] | null, now: number, settleMs: number): void;
}

interface Entry {
  readonly verdict: ApiKeyVerdict;
  readonly askedAt: number;
}

/** Makes a memory of at most `entriesMax` verdicts: the one that was not asked for the longest time goes first. */
export function createVerdictMemory({ ttlMs, entriesMax }: MemoryOptions): VerdictMemory {
  const entries = new Map<string, Entry>();
  const settling = createSettling(ttlMs, entriesMax);
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
      if (now - askedAt >= keptMs || !settling.holds(verdict, askedAt)) return undefined;
      entries.set(name, entry);
      return verdict;
    },
    keep(name, verdict, askedAt) {
      // There is no end of keys that do not exist.
      if (!verdict.valid && verdict.code === 'not_found') return;
      if (ttlMs === 0 || !settling.holds(verdict, askedAt)) return;
      entries.delete(name);
      entries.set(name, { verdict, askedAt });
      const [oldest] = entries.size > entriesMax ? entries.keys() : [];
      if (oldest !== undefined) entries.delete(oldest);
    },
    unchangedSince: settling.unchangedSince,
    forget(tenantIds, now, settleMs) {
      if (tenantIds !== null) return settling.change(tenantIds, now, settleMs);
      settling.reset(now, settleMs);
      entries.clear();
    },
  };
}
