/** Checks the log of checkpoints: every leaf against the checkpoint that says it is there. */
import { auditSealing, auditVerifying, type Db } from '@tenant-registry/db';
import { registryEntry } from '../sealing/registry-entry.ts';
import { leafHash } from '../tree/merkle.ts';
import type { Report } from './finding.ts';
import { asHash } from './rows.ts';
import type { Seen, Source } from './walk.ts';

const log = auditSealing.REGISTRY_LOG;

interface CheckpointLeaf {
  readonly raw: auditVerifying.LeafAndCheckpoint;
  readonly stored: Buffer;
  readonly computed: Buffer | null;
}

export class CheckpointLeaves implements Source<auditVerifying.LeafAndCheckpoint, CheckpointLeaf> {
  readonly #db: Db;
  readonly #report: Report;

  constructor(db: Db, report: Report) {
    this.#db = db;
    this.#report = report;
  }

  read(indexes: auditVerifying.Indexes): Promise<auditVerifying.LeafAndCheckpoint[]> {
    return auditVerifying.listLeavesWithCheckpoints(this.#db, log, indexes);
  }

  hashed(raw: auditVerifying.LeafAndCheckpoint): CheckpointLeaf {
    const stored = asHash(raw.hash);
    const { log, size, root } = raw;
    const isThere = log !== null && size !== null && root !== null;
    return { raw, stored, computed: isThere ? leafHash(registryEntry({ log, size, root })) : null };
  }

  judge({ index, leaf, truth }: Seen<CheckpointLeaf>): void {
    if (leaf !== null) this.#judgeFound(index, leaf, truth ?? leaf.stored);
    else this.#report({ kind: 'leaf', severity: 'finding', log, index, text: 'the leaf of a checkpoint has gone' });
  }

  #judgeFound(index: number, { raw, stored, computed }: CheckpointLeaf, right: Buffer): void {
    const where = { severity: 'finding', index } as const;
    const { event_id } = raw;
    if (event_id !== null)
      this.#report({ kind: 'leaf', log, ...where, event_id, text: 'the leaf of a checkpoint claims to be of a row' });
    if (!stored.equals(right))
      this.#report({ kind: 'changed', log, ...where, in: ['hash'], text: 'not as it was sealed: hash of the leaf' });
    if (computed === null)
      this.#report({ kind: 'checkpoint', log, ...where, text: 'the checkpoint that this leaf is of has gone' });
    else if (!computed.equals(right))
      this.#report({
        kind: 'checkpoint',
        severity: 'finding',
        log: raw.log,
        size: raw.size ?? 0,
        text: `the checkpoint is not what leaf ${index} of the log of checkpoints says`,
      });
  }
}
