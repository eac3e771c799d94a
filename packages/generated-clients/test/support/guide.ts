/** Reads docs/clients.md: of each generator the lines that a user types, the files that they need, and the sample code. */
import { readFileSync } from 'node:fs';

export interface Section {
  readonly name: string;
  /** Of its `sh` block; the last one runs the program. */
  readonly lines: readonly string[];
  /** Files to be written before, by name. */
  readonly files: ReadonlyMap<string, string>;
  /** Code that shows the generated client in use. */
  readonly samples: readonly string[];
}

const guide = readFileSync(new URL('../../../../docs/clients.md', import.meta.url), 'utf8');

const HEADING = /^### (.+)$/m;
/** A fenced block; a line that is a file's name in backquotes and a colon makes it that file. */
const BLOCK = /(?:^`(\S+)`:\n\n)?^```(\w+)\n([\s\S]*?)^```$/gm;

/** The line that gets the document from a registry, before any generator. */
export const fetching: readonly string[] = linesOf(blocksOf(guide.split(HEADING)[0] ?? ''));

/** Every section that tells of a generator. */
export const sections: readonly Section[] = guide
  .split(/^(?=### )/m)
  .filter((part) => HEADING.test(part))
  .map(sectionOf);

interface Block {
  readonly file: string | undefined;
  readonly language: string;
  readonly text: string;
}

function sectionOf(part: string): Section {
  const blocks = blocksOf(part);
  const named = blocks.flatMap(({ file, text }) => (file === undefined ? [] : [[file, text] as const]));
  return {
    name: HEADING.exec(part)?.[1] ?? '',
    lines: linesOf(blocks),
    files: new Map(named),
    samples: blocks.filter(({ file, language }) => file === undefined && language !== 'sh').map(({ text }) => text),
  };
}

function blocksOf(part: string): Block[] {
  return [...part.matchAll(BLOCK)].map(([, file, language = '', text = '']) => ({ file, language, text }));
}

function linesOf(blocks: readonly Block[]): string[] {
  return blocks
    .filter(({ language }) => language === 'sh')
    .flatMap(({ text }) => text.split('\n'))
    .filter((line) => line !== '');
}
