/** Compares the roots that follow from the leaves of a log with what checkpoints and anchors say. Without I/O. */
import type { Report } from './finding.ts';
import { type Mark, speaksOf } from './marks.ts';

/** So many checkpoints that no trusted key has signed are named: when a verifier is missing, they are all of a year's. */
const UNTRUSTED_MAX = 20;

/** Where something is wrong, everything behind it is wrong too: the first is reported, and how many follow. */
export class Roots {
  readonly #log: string;
  readonly #report: Report;
  readonly #isSigned: boolean;
  #good = 0;
  #firstWrong: number | null = null;
  #wrong = 0;
  #unknown = 0;
  #untrusted = 0;

  constructor(log: string, { report, isSigned }: { readonly report: Report; readonly isSigned: boolean }) {
    this.#log = log;
    this.#report = report;
    this.#isSigned = isSigned;
  }

  /** Takes the root of the log at the size of the mark; null: nobody can tell any more. */
  judge(mark: Mark, actual: Buffer | null): void {
    if (actual === null) {
      this.#unknown += 1;
      return;
    }
    const isRight = mark.of === 'anchor' ? this.#judgeAnchor(mark, actual) : this.#judgeCheckpoint(mark, actual);
    if (isRight) this.#good = mark.size;
  }

  /** The largest size of which the root is right; 0: there is none. */
  get right(): number {
    return this.#good;
  }

  /** Reports what was only counted. */
  finish(): void {
    const log = this.#log;
    if (this.#wrong > 1 && this.#firstWrong !== null)
      this.#report({
        kind: 'root',
        severity: 'finding',
        log,
        size: this.#firstWrong,
        text: `and ${this.#wrong - 1} more roots behind it`,
      });
    if (this.#untrusted > UNTRUSTED_MAX)
      this.#report({
        kind: 'signature',
        severity: 'finding',
        log,
        text: `and ${this.#untrusted - UNTRUSTED_MAX} more checkpoints that no trusted key has signed; is the verifier of an earlier key missing?`,
      });
    if (this.#unknown > 0)
      this.#report({
        kind: 'root',
        severity: 'finding',
        log,
        text: `${this.#unknown} roots cannot be computed, because leaves have gone`,
      });
  }

  #judgeAnchor({ size, root, place }: Extract<Mark, { of: 'anchor' }>, actual: Buffer): boolean {
    return root.equals(actual) || this.#foundWrong(size, `what went outside has another root (${place})`);
  }

  #judgeCheckpoint({ size, column, opened }: Extract<Mark, { of: 'checkpoint' }>, actual: Buffer): boolean {
    const { said, signer } = opened;
    if (signer === null && this.#isSigned && ++this.#untrusted <= UNTRUSTED_MAX)
      this.#find('signature', size, 'no key that is trusted has signed the checkpoint');
    const isColumnRight = column.equals(actual);
    if (!speaksOf(opened, { log: this.#log, size })) {
      this.#find('checkpoint', size, 'the note of the checkpoint is of something else', ['note']);
      return isColumnRight || this.#foundWrong(size, 'the checkpoint has another root than the leaves');
    }
    const isNoteRight = said?.root.equals(actual) === true;
    if (isNoteRight && isColumnRight) return true;
    if (isNoteRight) this.#find('checkpoint', size, 'the root beside the note was changed', ['root']);
    else if (isColumnRight && signer === null) this.#find('checkpoint', size, 'the note has another root', ['note']);
    else
      this.#foundWrong(
        size,
        signer === null ? 'the checkpoint has another root than the leaves' : 'another root was signed',
      );
    return isNoteRight;
  }

  #find(kind: 'signature' | 'checkpoint', size: number, text: string, parts?: readonly string[]): void {
    const where = { kind, severity: 'finding', log: this.#log, size } as const;
    this.#report({ ...where, ...(parts === undefined ? {} : { in: parts }), text });
  }

  #foundWrong(size: number, text: string): false {
    this.#wrong += 1;
    if (this.#wrong > 1) return false;
    this.#firstWrong = size;
    const good = this.#good === 0 ? 'no earlier root is right' : `at size ${this.#good} it is right`;
    this.#report({ kind: 'root', severity: 'finding', log: this.#log, size, text: `${text}; ${good}` });
    return false;
  }
}
