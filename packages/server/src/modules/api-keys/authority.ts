/** Presented plaintext → the key's authority now. Proof and authority are found apart from each other. */
import { apiKeys, type Db } from '@tenant-registry/db';
import type { BackgroundQueue } from '../../kernel/async/background-queue.ts';
import { batched } from '../../kernel/async/batch.ts';
import { withinDeadline } from '../../kernel/async/deadline.ts';
import type { Clock } from '../../kernel/clock.ts';
import { kernelErrors } from '../../kernel/errors.ts';
import { createAuthorityMemory } from '../../kernel/leases/authority-memory.ts';
import type { Leases } from '../../kernel/leases.ts';
import type { Argon2 } from '../../kernel/secrets/argon2.ts';
import { createAttempts } from '../../kernel/secrets/attempts.ts';
import type { Peppers } from '../../kernel/secrets/pepper.ts';
import { createProofMemory } from '../../kernel/secrets/proof-memory.ts';
import { apiKeyErrors } from './errors.ts';
import { prefixOf } from './key-format.ts';
import type { KeyMetrics } from './metrics.ts';

const ENTRIES_MAX = 100_000;
/** How many keys of one prefix are tried: more than chance will ever bring together. */
const CANDIDATES_MAX = 4;
const READ_DEADLINE_MS = 2_000;
const FAILURES = { failuresMax: 20, windowMs: 60_000, passMs: 1_000 };

export interface KeyAuthorityOptions {
  readonly db: Db;
  readonly find: apiKeys.FindApiKeyCandidates;
  readonly leases: Leases;
  readonly argon2: Argon2;
  readonly peppers: Peppers;
  readonly backgroundQueue: BackgroundQueue;
  readonly clock: Clock;
  readonly metrics: KeyMetrics;
}

type Answer = apiKeys.ApiKeyAuthority | null;

/**
 * Makes the function that tells what a key-shaped plaintext may do, as of a moment after it was called, or null when it
 * belongs to no key. From memory it answers without waiting. It throws `unavailable` when the database does not answer within
 * two seconds, `overloaded` when too many proofs wait, and `too_many_attempts`.
 */
export function createKeyAuthority(
  options: KeyAuthorityOptions,
): (key: string, caller: () => string) => Answer | Promise<Answer> {
  const { leases, metrics } = options;
  const memory = createAuthorityMemory<apiKeys.ApiKeyAuthority>(leases, ENTRIES_MAX);
  const proves = createProver(options);
  const read = batched(async (prefixes) => Map.groupBy(await options.find(prefixes), ({ prefix }) => prefix));

  async function ask(key: string, caller: string): Promise<Answer> {
    metrics.authorityLookups.inc('database');
    const candidates = await withinDeadline(read(prefixOf(key)), READ_DEADLINE_MS, () =>
      kernelErrors.unavailable({ retryAfter: 1 }),
    );
    for (const candidate of candidates?.slice(0, CANDIDATES_MAX) ?? []) {
      if (!(await proves(key, candidate, caller))) continue;
      // The facts that were read may be newer than those from which another replica still answers.
      if (candidate.marks.length > 0) await leases.settled(candidate.marks);
      return candidate.authority;
    }
    return null;
  }

  return (key, caller) => {
    const known = memory.recall(key);
    if (known === undefined) return memory.fetch(key, () => ask(key, caller()));
    metrics.authorityLookups.inc('memory');
    return known;
  };
}

/**
 * Proves once that a plaintext belongs to a stored key: by the digest under a pepper where there is one, otherwise by
 * argon2id, which is the hash of record. Stored digests and hashes that are not the newest are renewed after the answer.
 */
function createProver({ db, argon2, peppers, backgroundQueue, clock, metrics }: KeyAuthorityOptions) {
  const proofs = createProofMemory(ENTRIES_MAX);
  const attempts = createAttempts({
    ...FAILURES,
    clock,
    refuse(retryAfter) {
      metrics.attemptsRefused.inc();
      return apiKeyErrors.tooManyAttempts({ retryAfter });
    },
  });

  async function prove(key: string, candidate: apiKeys.ApiKeyCandidate, caller: string): Promise<boolean> {
    const { prefix, hash, authority } = candidate;
    const byPepper = peppers.proves(key, candidate);
    const byHash = () => argon2.verify(key, hash, authority.tenant_id);
    const proved = byPepper ?? (await attempts.attempt(`${prefix} ${caller}`, byHash));
    metrics.proofs.inc({ by: byPepper === undefined ? 'argon2' : 'pepper', result: proved ? 'proved' : 'refuted' });
    if (proved && !(argon2.isCurrent(hash) && peppers.isCurrent(candidate))) {
      backgroundQueue.later('renew the stored proof of an API key', () => renew(key, candidate));
    }
    return proved;
  }

  async function renew(key: string, { hash, authority: { id, tenant_id } }: apiKeys.ApiKeyCandidate): Promise<void> {
    const newHash = argon2.isCurrent(hash) ? hash : await argon2.hash(key, tenant_id);
    await apiKeys.touchApiKeyProof(db, { id, hash }, { hash: newHash, ...peppers.digestOf(key) });
    await proofs.proved(key, newHash, async () => true);
  }

  return (key: string, candidate: apiKeys.ApiKeyCandidate, caller: string) =>
    proofs.proved(key, candidate.hash, () => prove(key, candidate, caller));
}
