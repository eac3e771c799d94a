/** AUDIT_ANCHOR_FILE: each checkpoint over all logs as a line, in a place that others keep. */
import { open } from 'node:fs/promises';

/** Lines that are kept while the file cannot be written: a later one speaks for those before it. */
const LINES_MAX = 10_000;

/** What a line says. */
export interface Anchor {
  /** RFC 3339, UTC. */
  readonly at: string;
  readonly origin: string;
  readonly size: number;
  /** Base64. */
  readonly root: string;
  readonly note: string;
}

export interface Anchors {
  /** Adds a line, which is written by the next `write`. */
  add(anchor: Anchor): void;
  /** Appends the lines that are not written yet and resolves when the disk has them. Rejects when that fails: they are kept. */
  write(): Promise<void>;
}

/** Makes the writer of the file; null: there is none, and nothing is kept. */
export function createAnchors(file: string | null): Anchors {
  let lines: string[] = [];
  // What a failed write left of a line becomes a line of its own, and spoils none.
  let begin = '';
  return {
    add({ at, origin, size, root, note }) {
      if (file === null) return;
      lines = [...lines.slice(1 - LINES_MAX), `${JSON.stringify({ at, origin, size, root, note })}\n`];
    },
    async write() {
      if (file === null || lines.length === 0) return;
      const written = new Set(lines);
      const text = begin + lines.join('');
      begin = '\n';
      await appendTo(file, text);
      begin = '';
      lines = lines.filter((line) => !written.has(line));
    },
  };
}

/** Throws, in a sentence for the operator, when the file cannot be appended to. Makes it when it is absent. */
export async function requireAnchorFile({ auditAnchorFile: file }: { readonly auditAnchorFile: string | null }) {
  if (file === null) return;
  try {
    await appendTo(file, '');
  } catch (cause) {
    const reason = cause instanceof Error && 'code' in cause ? ` (${String(cause.code)})` : '';
    throw new Error(
      `AUDIT_ANCHOR_FILE is ${file}, which cannot be appended to${reason}: make its folder, and let this process write there`,
      { cause },
    );
  }
}

async function appendTo(file: string, text: string): Promise<void> {
  const handle = await open(file, 'a');
  try {
    await handle.appendFile(text);
    await handle.datasync();
  } finally {
    await handle.close();
  }
}
