// engine: none
/** The parts of the check that need no database. */
import { hash } from 'node:crypto';
import { expect, test } from 'vitest';
import { progressTo } from '../../../kernel/progress.ts';
import { append, frontierBytes, frontierOf, rootOf } from '../tree/merkle.ts';
import { checkpointText, parseVerifier, signerOf, signNote } from '../tree/note.ts';
import { AnchorsError, anchorsOf, anchorTexts } from './anchors.ts';
import { type Finding, lineOf } from './finding.ts';
import { coverOf, parseRanges } from './ranges.ts';
import { Roots } from './roots.ts';
import { openerOf } from './signed.ts';
import { rootOfHashes, truthOf } from './tile.ts';
import { Tower } from './tower.ts';

const hashes = (count: number) => Array.from({ length: count }, (_, n) => hash('sha256', `${n}`, 'buffer'));

test('ranges are read as PostgreSQL writes them, and nothing else is', () => {
  expect(parseRanges('{[0,3),[7,8)}')).toEqual([
    [0, 3],
    [7, 8],
  ]);
  for (const text of ['', '{}', '[0,3)', '{[0,3]}', '{[0,)}', '{(,3)}', '{[-1,3)}', '{[0,3) }'])
    expect(parseRanges(text), text).toBeNull();
});

test('a cover has what any of its ranges has', () => {
  const cover = coverOf([
    [7, 9],
    [0, 3],
    [2, 5],
    [20, 21],
  ]);
  const all = Array.from({ length: 22 }, (_, n) => n);
  expect(all.filter((n) => cover.has(n))).toEqual([0, 1, 2, 3, 4, 7, 8, 20]);
  expect(coverOf([]).has(0)).toBe(false);
});

test.each([1, 2, 3, 255, 256, 257, 700, 66_000])('a tower of %i leaves has the root and the end of the log', (size) => {
  const leaves = hashes(size);
  const frontier = frontierOf(0, Buffer.alloc(0));
  for (const leaf of leaves) append(frontier, leaf);
  const tower = new Tower();
  let first = 0;
  for (; first + 256 <= size; first += 256) tower.addTile(rootOfHashes(leaves.slice(first, first + 256)));
  const tail = leaves.slice(first);
  expect(tower.rootWith(tail)).toEqual(rootOf(frontier));
  expect(tower.frontierWith(tail)).toEqual(frontierBytes(frontier));
  const tiles = Math.floor(size / 256);
  expect(tower.counts()).toEqual(
    [tiles, Math.ceil(tiles / 256), Math.floor(tiles / 256)].filter((n, at) => at === 0 || n > 0),
  );
  const built = tower.take(true).map(({ level, tile, hashes: bytes }) => [level, tile, bytes.length / 32]);
  const above = Array.from({ length: Math.ceil(tiles / 256) }, (_, tile) => [
    1,
    tile,
    Math.min(256, tiles - tile * 256),
  ]);
  expect(built.filter(([level]) => level === 1)).toEqual(above);
});

test('of disputed hashes, those count with which the references agree', () => {
  const right = hashes(4);
  const wrong = right.with(2, hash('sha256', 'x', 'buffer'));
  const root = rootOfHashes(right);
  const evidence = (stored: (Buffer | null)[], computed: (Buffer | null)[], tile: Buffer[] | null) => ({
    leaves: stored.map((hash, n) => ({ stored: hash, computed: computed[n] ?? null })),
    tile,
    agreeing: (tried: readonly Buffer[]) => (rootOfHashes(tried).equals(root) ? 1 : 0),
    references: 1,
    total: (tried: Buffer) => tried.equals(root),
  });
  expect(truthOf(evidence(wrong, right, null))).toEqual(right);
  expect(truthOf(evidence(wrong, wrong, right))).toEqual(right);
  expect(truthOf(evidence(right, wrong, wrong))).toEqual(right);
  expect(truthOf(evidence(right.with(1, null as never), right, null))).toEqual(right);
  expect(truthOf(evidence(wrong, wrong, null))).toEqual(wrong);
  const swapped = [right[0], right[3], right[2], right[1]] as Buffer[];
  expect(truthOf(evidence(swapped, swapped, null))).toEqual(right);
  expect(truthOf({ ...evidence(swapped, swapped, null), total: null })).toEqual(swapped);
  expect(truthOf(evidence([null], [null], null))).toBeNull();
});

const signer = signerOf('registry.example/audit', Buffer.alloc(32, 7));
const LOG = 'ffffffff-ffff-ffff-ffff-ffffffffffff';
const noteOf = (size: number, by = signer) =>
  signNote(checkpointText({ origin: `${by.name}/${LOG}`, size, root: hash('sha256', `${size}`, 'buffer') }), [by]);

test('anchors are read from lines of JSON, and from notes as they are', () => {
  const lines = [3, 5].map((size) => JSON.stringify({ at: '…', size, note: noteOf(size) }));
  expect(anchorTexts(`${lines.join('\n')}\n\n`, 'a.jsonl')).toEqual([
    { note: noteOf(3), place: 'line 1 of a.jsonl' },
    { note: noteOf(5), place: 'line 2 of a.jsonl' },
  ]);
  const both = [
    { note: noteOf(3), place: 'note 1 of a.txt' },
    { note: noteOf(5), place: 'note 2 of a.txt' },
  ];
  expect(anchorTexts(`${noteOf(3)}${noteOf(5)}`, 'a.txt')).toEqual(both);
  expect(anchorTexts(`${noteOf(3)}\n${noteOf(5)}\n`, 'a.txt')).toEqual(both);
  for (const text of ['', '\n', '{"size":3}', '{']) expect(() => anchorTexts(text, 'a'), text).toThrow(AnchorsError);
});

test('a line that a failed write has left is a warning, and those behind it are read', () => {
  const line = JSON.stringify({ note: noteOf(3) });
  const texts = anchorTexts(`{"at":"2026\n${line}\n`, 'a');
  const found: Finding[] = [];
  const open = openerOf([parseVerifier(signer.verifier)]);
  const anchors = anchorsOf(texts, { open, report: (finding) => found.push(finding), isSigned: true });
  expect(anchors.map(({ size, place }) => [size, place])).toEqual([[3, 'line 2 of a']]);
  expect(found.map(({ kind, severity }) => [kind, severity])).toEqual([['anchor', 'warning']]);
});

test('an anchor that no trusted key has signed is a finding, and one of no log is refused', () => {
  const found: Finding[] = [];
  const open = openerOf([parseVerifier(signer.verifier)]);
  const read = (note: string) =>
    anchorsOf([{ note, place: 'line 1' }], { open, report: (finding) => found.push(finding), isSigned: true });
  expect(read(noteOf(3)).map(({ log, size }) => [log, size])).toEqual([[LOG, 3]]);
  expect(found).toEqual([]);
  expect(read(noteOf(3, signerOf(signer.name, Buffer.alloc(32, 8))))).toEqual([]);
  expect(found.map(({ kind, size }) => [kind, size])).toEqual([['signature', 3]]);
  const elsewhere = signNote(checkpointText({ origin: 'x', size: 1, root: Buffer.alloc(32) }), [signer]);
  for (const note of [elsewhere, 'x', '']) expect(() => read(note), note).toThrow(AnchorsError);
});

test('checkpoints of a key that is not given are named up to a number, and counted', () => {
  const found: Finding[] = [];
  const roots = new Roots(LOG, { report: (finding) => found.push(finding), isSigned: true });
  const root = Buffer.alloc(32);
  const opened = openerOf([])(signNote(checkpointText({ origin: `a/${LOG}`, size: 7, root }), [signer]));
  for (let n = 0; n < 25; n++)
    roots.judge({ of: 'checkpoint', size: 7, root, column: root, opened, created_at: null }, root);
  roots.finish();
  expect(found).toHaveLength(21);
  expect(found.at(-1)).toMatchObject({ kind: 'signature', text: expect.stringMatching(/^and 5 more .* earlier key/) });
});

test('a line for people names the place, and says what it is', () => {
  expect(
    lineOf({ kind: 'changed', severity: 'finding', log: 'l', index: 3, event_id: 'e', in: ['who'], text: 'not so' }),
  ).toBe('CHANGED: log l, leaf 3, event e: not so');
  expect(lineOf({ kind: 'unsigned', severity: 'warning', log: null, text: 'no key' })).toBe('warning unsigned: no key');
  expect(lineOf({ kind: 'tile', severity: 'finding', log: 'l', level: 0, tile: 2, text: 'gone' })).toBe(
    'TILE: log l, tile 0/2: gone',
  );
});

test('progress is told now and then, and wiped off a terminal', () => {
  let time = 0;
  const written = (isTerminal: boolean) => {
    const texts: string[] = [];
    const progress = progressTo({
      part: 'log',
      units: 'leaves',
      write: (text) => texts.push(text),
      now: () => time,
      isTerminal,
    });
    progress.begin('l', 100);
    for (let n = 0; n < 4; n++) {
      time += 2_000;
      progress.done(25);
    }
    progress.end();
    return texts;
  };
  expect(written(false)).toEqual(['log l: 75 % of 100 leaves, 13 a second\n']);
  expect(written(true)).toHaveLength(5);
});
