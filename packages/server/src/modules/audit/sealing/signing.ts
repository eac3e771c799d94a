/** The keys of the process that sign checkpoints. */
import { type Signer, signerOf } from '../tree/note.ts';

export interface Signing {
  /** The name of the signer, and the beginning of every log's name. */
  readonly origin: string;
  /** All of them sign; empty: nothing is signed. */
  readonly signers: readonly Signer[];
}

export function createSigning(origin: string, seeds: readonly string[]): Signing {
  return { origin, signers: seeds.map((seed) => signerOf(origin, Buffer.from(seed, 'hex'))) };
}

/** Returns the name of a log, as its checkpoints have it. */
export function originOfLog({ origin }: Pick<Signing, 'origin'>, log: string): string {
  return `${origin}/${log}`;
}
