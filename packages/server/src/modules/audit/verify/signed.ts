/** Opens signed checkpoints with the keys that the caller trusts. Without I/O. */
import { type Checkpoint, type OpenedNote, openNote, parseCheckpoint, type Verifier } from '../tree/note.ts';

export interface Opened {
  /** The name of the key whose signature is good; null: none is. */
  readonly signer: string | null;
  /** What the note says, also where nobody signed it; null: it is no checkpoint. */
  readonly said: Checkpoint | null;
}

export type Opener = (note: string) => Opened;

export function openerOf(verifiers: readonly Verifier[]): Opener {
  return (note) => {
    const opened = attempt(() => openNote(note, verifiers));
    return { signer: opened?.by[0] ?? null, said: attempt(() => parseCheckpoint(textOf(opened, note))) };
  };
}

function textOf(opened: OpenedNote | null, note: string): string {
  return opened?.text ?? note.slice(0, note.lastIndexOf('\n\n') + 1);
}

function attempt<T>(work: () => T): T | null {
  try {
    return work();
  } catch {
    return null;
  }
}
