/**
 * Answers who a credential belongs to from what is remembered while a lease is held, and otherwise by one read of the
 * database: a principal that was deactivated, revoked or taken out of a group is refused from the answer on.
 */
import type { replicaLeases } from '@tenant-registry/db';
import { withinDeadline } from '../async/deadline.ts';
import { kernelErrors } from '../errors.ts';
import type { Leases } from '../leases.ts';
import { createAuthorityMemory } from './authority-memory.ts';

const READ_DEADLINE_MS = 2_000;
const ENTRIES_MAX = 100_000;

/** Facts as one statement read them, with the marks of changes that they may already show. */
export interface ReadFacts<Facts> {
  readonly facts: Facts;
  readonly marks: readonly replicaLeases.PlacedMark[];
}

/**
 * Makes the function that resolves to the facts that a question is about, as of a moment after it was called, and to null
 * when there are none. Questions are equal when they are as JSON, and may hold secrets. It rejects with `unavailable` when the database does not answer within two seconds. `entriesMax` bounds
 * what is remembered, where facts are large.
 */
export function createRememberedRead<Question, Facts extends { readonly tenant_id: string }>(
  leases: Pick<Leases, 'held' | 'generation' | 'onChange' | 'settled'>,
  read: (question: Question) => Promise<ReadFacts<Facts> | null>,
  entriesMax: number = ENTRIES_MAX,
): (question: Question) => Promise<Facts | null> {
  const memory = createAuthorityMemory<Facts>(leases, entriesMax);
  async function ask(question: Question): Promise<Facts | null> {
    const found = await withinDeadline(read(question), READ_DEADLINE_MS, () =>
      kernelErrors.unavailable({ retryAfter: 1 }),
    );
    if (found === null) return null;
    // The facts may be newer than those from which another replica still answers.
    if (found.marks.length > 0) await leases.settled(found.marks);
    return found.facts;
  }
  return async (question) => {
    const name = JSON.stringify(question);
    return memory.recall(name) ?? memory.fetch(name, () => ask(question));
  };
}
