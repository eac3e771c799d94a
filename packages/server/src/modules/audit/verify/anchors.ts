/** Reads what went outside: lines of AUDIT_ANCHOR_FILE, or signed notes as they are. Without I/O. */
import type { Report } from './finding.ts';
import type { Anchor } from './marks.ts';
import type { Opener } from './signed.ts';

/** Thrown for a text that has no anchors. */
export class AnchorsError extends Error {
  override readonly name = 'AnchorsError';
}

export interface AnchorText {
  /** Null: the line is not whole. */
  readonly note: string | null;
  readonly place: string;
}

const LOG = /^(.+)\/([0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12})$/;
// A note ends behind the last of its lines of signatures.
const BETWEEN_NOTES = /(?<=^— .*\n)(?!— )/m;

/** Returns the notes of a file. Throws `AnchorsError` where there are none. */
export function anchorTexts(text: string, name: string): AnchorText[] {
  const texts = text.trimStart().startsWith('{') ? linesOf(text, name) : notesOf(text, name);
  if (!texts.some(({ note }) => note !== null)) throw new AnchorsError(`${name} has no checkpoints`);
  return texts;
}

function linesOf(text: string, name: string): AnchorText[] {
  return text.split('\n').flatMap((line, at) => {
    const place = `line ${at + 1} of ${name}`;
    return line.trim() === '' ? [] : [{ note: noteIn(line), place }];
  });
}

/** Null where a write ended within the line, which the writer goes on behind: the lines after it say what it would have said. */
function noteIn(line: string): string | null {
  try {
    const { note } = JSON.parse(line);
    return typeof note === 'string' ? note : null;
  } catch {
    return null;
  }
}

function notesOf(text: string, name: string): AnchorText[] {
  const notes = text.split(BETWEEN_NOTES).map((note) => note.trimStart());
  return notes.filter((note) => note !== '').map((note, at) => ({ note, place: `note ${at + 1} of ${name}` }));
}

/**
 * Returns what the notes say, and reports those that no trusted key has signed. Throws `AnchorsError` for what is no
 * checkpoint of a log.
 */
export function anchorsOf(
  texts: readonly AnchorText[],
  { open, report, isSigned }: { readonly open: Opener; readonly report: Report; readonly isSigned: boolean },
): Anchor[] {
  return texts.flatMap(({ note, place }) => {
    if (note === null) {
      report({ kind: 'anchor', severity: 'warning', log: null, text: `${place} is not whole, and is not compared` });
      return [];
    }
    const { said, signer } = open(note);
    const [, name, log] = LOG.exec(said?.origin ?? '') ?? [];
    if (said === null || log === undefined) throw new AnchorsError(`${place} is no checkpoint of a log`);
    if (isSigned && signer !== name) {
      const text = `no key that is trusted has signed what went outside (${place})`;
      report({ kind: 'signature', severity: 'finding', log, size: said.size, text });
      return [];
    }
    return [{ log, size: said.size, root: said.root, place }];
  });
}
