/**
 * Remembers which plaintext was proved to belong to which stored hash, so that argon2 runs once per key and process.
 * Proof is not authority: whether the key may still be used is another question.
 */
import { createLru } from '../lru.ts';
import { createKeyedDigest } from './keyed-digest.ts';

export interface ProofMemory {
  /**
   * Tells whether the plaintext belongs to the stored hash: from memory if it was proved before, otherwise by `prove`,
   * which concurrent questions about one pair share. Only a success is remembered.
   */
  proved(plaintext: string, stored: string, prove: () => Promise<boolean>): Promise<boolean>;
}

/** Makes a memory of at most `entriesMax` proofs. It holds digests under a key of this process, never a secret or a hash. */
export function createProofMemory(entriesMax: number): ProofMemory {
  const digestOf = createKeyedDigest();
  const proofs = createLru<true>(entriesMax);
  const underway = new Map<string, Promise<boolean>>();
  return {
    async proved(plaintext, stored, prove) {
      const pair = digestOf(`${plaintext}|${stored}`);
      if (proofs.get(pair)) return true;
      const known = underway.get(pair);
      if (known !== undefined) return known;
      const attempt = prove();
      underway.set(pair, attempt);
      try {
        const belongs = await attempt;
        if (belongs) proofs.set(pair, true);
        return belongs;
      } finally {
        underway.delete(pair);
      }
    },
  };
}
