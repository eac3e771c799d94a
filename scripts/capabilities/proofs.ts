/** Finds the tests that prove capabilities: each stands below a comment `// proves A49, A60`. */
import { globSync, readFileSync } from 'node:fs';
import { join, sep } from 'node:path';
import { testNameAfter } from './test-names.ts';

export interface Proof {
  readonly ids: readonly string[];
  /** From the root of the repository, with slashes. */
  readonly file: string;
  /** The names of the groups around the test, and its own. */
  readonly name: readonly string[];
}

export interface Proofs {
  readonly proofs: readonly Proof[];
  /** Comments that name no id as they should, or stand above no test; each with its place. */
  readonly mistakes: readonly string[];
}

const TEST_FILES = '{packages,bench,examples}/**/*.test.ts';
const PROVES = /^([ \t]*)\/\/ proves (.*)$/gm;
const IDS = /^[A-Z]\d+(, [A-Z]\d+)*$/;

/** Reads every test file of the repository at `root`. */
export function findProofs(root: string): Proofs {
  const files = globSync(TEST_FILES, { cwd: root, exclude: (name) => /(^|[/\\])(node_modules|dist)$/.test(name) });
  const found = files
    .map((file) => file.split(sep).join('/'))
    .sort()
    .map((file) => proofsIn(file, readFileSync(join(root, file), 'utf8')));
  return { proofs: found.flatMap(({ proofs }) => proofs), mistakes: found.flatMap(({ mistakes }) => mistakes) };
}

/** Finds the proofs in the text of one test file. */
export function proofsIn(file: string, source: string): Proofs {
  const proofs: Proof[] = [];
  const mistakes: string[] = [];
  for (const { index, 0: comment, 1: indent = '', 2: list = '' } of source.matchAll(PROVES)) {
    const place = `${file}:${source.slice(0, index).split('\n').length}`;
    const name = testNameAfter(source, index + comment.length);
    if (!IDS.test(list)) mistakes.push(`${place}: "proves" wants ids with commas between them, not "${list}"`);
    else if (name === undefined) mistakes.push(`${place}: no test follows "proves ${list}"`);
    else proofs.push({ ids: list.split(', '), file, name: [...groupsAround(source, index, indent.length), name] });
  }
  return { proofs, mistakes };
}

/** The names of the `describe` blocks around a place, the outermost first; indentation tells what encloses it. */
function groupsAround(source: string, index: number, indent: number): string[] {
  const groups: string[] = [];
  let within = indent;
  let end = index;
  while (within > 0 && end > 0) {
    const start = source.lastIndexOf('\n', end - 2) + 1;
    const line = source.slice(start, end);
    const own = line.search(/\S/);
    if (own >= 0 && own < within) {
      within = own;
      const name = /^\s*describe\b/.test(line) ? testNameAfter(source, start) : undefined;
      if (name !== undefined) groups.unshift(name);
    }
    end = start;
  }
  return groups;
}
