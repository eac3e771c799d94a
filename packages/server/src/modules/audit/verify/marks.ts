/** Roots that a log must have at certain sizes: what checkpoints say, and what went outside. */
import { auditVerifying, type Db } from '@tenant-registry/db';
import { originOfLog } from '../sealing/signing.ts';
import { asHash } from './rows.ts';
import type { Opened, Opener } from './signed.ts';

const PAGE = 1_000;

/** A signed note, kept outside. */
export interface Anchor {
  readonly log: string;
  readonly size: number;
  readonly root: Buffer;
  /** Where it stands, for people: `line 3 of anchors.jsonl`. */
  readonly place: string;
}

export type Mark = CheckpointMark | AnchorMark;

interface CheckpointMark {
  readonly of: 'checkpoint';
  readonly size: number;
  /** As the note has it, where that is signed. */
  readonly root: Buffer;
  /** The column. */
  readonly column: Buffer;
  readonly opened: Opened;
  readonly created_at: string | null;
}

interface AnchorMark {
  readonly of: 'anchor';
  readonly size: number;
  readonly root: Buffer;
  readonly place: string;
}

/** Reads the marks of one log in the order of sizes. */
export class Marks {
  readonly #db: Db;
  readonly #log: string;
  readonly #open: Opener;
  readonly #anchors: Anchor[];
  readonly #unstored: Map<number, Anchor>;
  #waiting: CheckpointMark[] = [];
  #read = 0;
  #isAtEnd = false;
  checkpoints = 0;

  constructor(db: Db, log: string, { open, anchors }: { readonly open: Opener; readonly anchors: readonly Anchor[] }) {
    this.#db = db;
    this.#log = log;
    this.#open = open;
    this.#anchors = anchors.filter((anchor) => anchor.log === log).sort((a, b) => a.size - b.size);
    this.#unstored = new Map(this.#anchors.map((anchor) => [anchor.size, anchor]));
  }

  /** What went outside, and is no checkpoint among those that were read. */
  get unstored(): readonly Anchor[] {
    return [...this.#unstored.values()];
  }

  /** Returns those that were not returned yet, up to this size. */
  async upTo(size: number): Promise<Mark[]> {
    const marks: Mark[] = await this.#checkpointsUpTo(size);
    const until = this.#anchors.findIndex((anchor) => anchor.size > size);
    for (const { size, root, place } of this.#anchors.splice(0, until < 0 ? this.#anchors.length : until))
      marks.push({ of: 'anchor', size, root, place });
    return marks.sort((a, b) => a.size - b.size);
  }

  async #checkpointsUpTo(size: number): Promise<CheckpointMark[]> {
    while (!this.#isAtEnd && (this.#waiting.at(-1)?.size ?? 0) <= size) {
      const page = await auditVerifying.listCheckpointsAfter(this.#db, this.#log, { size: this.#read, limit: PAGE });
      this.#read = page.at(-1)?.size ?? this.#read;
      this.#isAtEnd = page.length < PAGE;
      this.checkpoints += page.length;
      for (const checkpoint of page) {
        this.#unstored.delete(checkpoint.size);
        this.#waiting.push(this.#markOf(checkpoint));
      }
    }
    const until = this.#waiting.findIndex((mark) => mark.size > size);
    return this.#waiting.splice(0, until < 0 ? this.#waiting.length : until);
  }

  #markOf({ size, root, note, created_at }: auditVerifying.StoredCheckpoint): CheckpointMark {
    const column = asHash(root);
    const opened = this.#open(note);
    return {
      of: 'checkpoint',
      size,
      root: opened.signer !== null && opened.said !== null ? opened.said.root : column,
      column,
      opened,
      created_at,
    };
  }
}

/** Tells whether a note speaks of this log at this size. */
export function speaksOf(
  { said, signer }: Opened,
  { log, size }: { readonly log: string; readonly size: number },
): boolean {
  if (said === null || said.size !== size) return false;
  return signer === null ? said.origin.endsWith(`/${log}`) : said.origin === originOfLog({ origin: signer }, log);
}
