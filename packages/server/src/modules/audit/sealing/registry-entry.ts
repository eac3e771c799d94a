/** The leaves of the log of all checkpoints. */

interface Checkpointed {
  /** The id of the log. */
  readonly log: string;
  readonly size: number;
  readonly root: Uint8Array;
}

/** Returns the text that is hashed for a checkpoint: canonical JSON (RFC 8785), with its members in order. */
export function registryEntry({ log, size, root }: Checkpointed): string {
  return JSON.stringify({ log, root: Buffer.from(root).toString('base64'), size });
}
