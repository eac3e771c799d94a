/** Keeps answers, and decides for how long each may be given again. Pure: the time is an argument. */
import { createRecentChanges } from './recent-changes.ts';

export interface MemoryOptions {
  readonly ttlMs: number;
  readonly entriesMax: number;
}

/** What may outdate an answer. */
export interface Lifetime {
  /** The tenant whose changes may outdate the answer; null: those of every tenant. */
  readonly tenantId: string | null;
  /** For how long the answer is kept, where that is shorter than `ttlMs`. */
  readonly ttlMsMax?: number | undefined;
  /** The time of day, in RFC 3339, from which on the answer is wrong; null: there is none. */
  readonly endsAt?: string | null | undefined;
}

export interface AnswerMemory<Answer> {
  readonly size: number;
  /** Returns the kept answer to the question with this name, or undefined if it may not be given any more. */
  recall(name: string, now: number): Answer | undefined;
  /** Keeps the answer to a question asked at `askedAt`, unless a change may have outdated it since. */
  keep(name: string, answer: Answer, lifetime: Lifetime, askedAt: number): void;
  /** Tells whether no tenant has changed since that time. */
  unchangedSince(askedAt: number): boolean;
  /** Forgets the answers about these tenants, or all for null, and keeps no answer of the next `settleMs` about them. */
  forget(tenantIds: readonly string[] | null, now: number, settleMs: number): void;
}

interface Entry<Answer> {
  readonly answer: Answer;
  readonly lifetime: Lifetime;
  readonly askedAt: number;
}

/** Creates a memory for at most `entriesMax` answers. A full memory drops the least recently used answer. */
export function createAnswerMemory<Answer>({ ttlMs, entriesMax }: MemoryOptions): AnswerMemory<Answer> {
  const entries = new Map<string, Entry<Answer>>();
  const changes = createRecentChanges(ttlMs, entriesMax);
  return {
    get size() {
      return entries.size;
    },
    recall(name, now) {
      const entry = entries.get(name);
      if (entry === undefined) return undefined;
      const { answer, lifetime, askedAt } = entry;
      entries.delete(name);
      const keptMs = Math.min(ttlMs, lifetime.ttlMsMax ?? ttlMs);
      if (now - askedAt >= keptMs || !changes.holds(lifetime.tenantId, askedAt) || hasEnded(lifetime)) return undefined;
      entries.set(name, entry);
      return answer;
    },
    keep(name, answer, lifetime, askedAt) {
      if (ttlMs === 0 || !changes.holds(lifetime.tenantId, askedAt)) return;
      entries.delete(name);
      entries.set(name, { answer, lifetime, askedAt });
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

/** Tells whether `endsAt` has passed by the time of day; the age of the answer is no measure for that. */
function hasEnded({ endsAt }: Lifetime): boolean {
  return typeof endsAt === 'string' && Date.parse(endsAt) <= Date.now();
}
