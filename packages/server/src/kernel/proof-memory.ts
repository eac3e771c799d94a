/**
 * Remembers which plaintext was proved to belong to which stored hash, so that argon2 runs once per key and process.
 * Proof is not authority: whether the key may still be used is read anew each time.
 */
import { createHmac, randomBytes } from 'node:crypto';
import { LRUCache } from 'lru-cache';

export interface ProofMemory {
  /**
   * Tells whether the plaintext belongs to the stored hash: from memory, else by `prove`, once for all callers that
   * ask for the same at the same time. Only a success is remembered.
   */
  proved(plaintext: string, stored: string, prove: () => Promise<boolean>): Promise<boolean>;
}

/** Makes a memory of at most `entriesMax` proofs. It holds digests under a key of this process, never a plaintext. */
export function createProofMemory(entriesMax: number): ProofMemory {
  const key = randomBytes(32);
  const proofs = new LRUCache<string, string>({ max: entriesMax });
  const underway = new Map<string, Promise<boolean>>();
  return {
    async proved(plaintext, stored, prove) {
      const digest = createHmac('sha256', key).update(plaintext).digest('base64');
      if (proofs.get(digest) === stored) return true;
      const flight = `${digest}|${stored}`;
      const attempt = underway.get(flight) ?? prove();
      underway.set(flight, attempt);
      try {
        const belongs = await attempt;
        if (belongs) proofs.set(digest, stored);
        return belongs;
      } finally {
        underway.delete(flight);
      }
    },
  };
}
