// engine: none
/** Libraries that others wrote accept what the registry proves, and refuse it when anything of it was changed. */
import { randomBytes } from 'node:crypto';
import { describe, expect, test } from 'vitest';
import { entryOf, groupHash, type SealedRow, whatOf, whoOf } from '../src/modules/audit/tree/leaf.ts';
import { checkpointText, signerOf, signNote } from '../src/modules/audit/tree/note.ts';
import { consistencyPath, inclusionPath } from '../src/modules/audit/tree/proof.ts';
import { checkWithGo, type ForeignDocument, goIsMissing } from './support/foreign-checker.ts';
import { memoryLog } from './support/memory-log.ts';

const SIZE = 1_000;
const NAME = 'registry.example/audit';
const LOG = '0192f0c4-1b2a-7d3e-8f4a-5b6c7d8e9fa0';
const origin = `${NAME}/${LOG}`;

const signer = signerOf(NAME, randomBytes(32));
const successor = signerOf(NAME, randomBytes(32));
const entries = Array.from({ length: SIZE }, (_, n) => entryNumber(n));
const log = memoryLog(entries);

function entryNumber(n: number): string {
  const row: SealedRow = {
    id: `0192f0c4-0000-7000-8000-${String(n).padStart(12, '0')}`,
    tenant_slug: 'acme',
    product: n % 2 === 0 ? 'certifai' : null,
    project_id: null,
    actor_type: 'user',
    actor_id: `u-${n}`,
    actor_name: 'Zoë 😀',
    action: 'report.exported',
    crud: null,
    target_type: 'report',
    target_id: `r-${n}`,
    target_name: null,
    description: 'with "quotes", \\ and\nlines',
    metadata: { pages: n, ratio: n / 7 },
    external_id: null,
    extra: null,
    source_ip: null,
    request_id: `Größe ${n}`,
    is_failure: n % 3 === 0,
    occurred_at: '2026-01-15T09:30:00Z',
    created_at: '2026-01-15T09:30:00.25Z',
    origin: 'reported',
    reported_by: 'internal_token',
  };
  const who = groupHash(randomBytes(16), whoOf(row)).toString('hex');
  const what = groupHash(randomBytes(16), whatOf(row)).toString('hex');
  return entryOf(row, { log: LOG, who, what });
}

const base64 = (path: readonly Buffer[]) => path.map((hash) => hash.toString('base64'));

function checkpointOf(size: number, signers = [signer]): { origin: string; note: string } {
  return { origin, note: signNote(checkpointText({ origin, size, root: log.roots[size] as Buffer }), signers) };
}

async function inclusionOf(index: number, size: number, note = checkpointOf(size).note) {
  const path = base64(await inclusionPath(index, size, log.reader));
  return { origin, note, entry: entries[index] as string, index, path };
}

async function consistencyOf(first: number, second: number) {
  const path = base64(await consistencyPath(first, second, log.reader));
  return { origin, first: checkpointOf(first), second: checkpointOf(second), path };
}

test.runIf(process.env['CI'] !== undefined)('Go is installed where the suite must run in full', () => {
  expect(goIsMissing).toBe(false);
});

describe.skipIf(goIsMissing)('libraries in Go (skipped where no Go can build test/foreign)', () => {
  test('they accept every leaf of a log, two hundred beginnings of it and its checkpoints', async () => {
    const { note } = checkpointOf(SIZE);
    const inclusions = await Promise.all(entries.map((_, index) => inclusionOf(index, SIZE, note)));
    const sizes = Array.from({ length: 200 }, (_, n) => [1 + ((n * 37) % SIZE), SIZE - 3 * n] as const);
    const consistencies = await Promise.all(sizes.map(([a, b]) => consistencyOf(Math.min(a, b), Math.max(a, b))));
    const checkpoints = [1, 2, 255, 256, 257, SIZE].flatMap((size) => [
      checkpointOf(size),
      checkpointOf(size, [signer, successor]),
      checkpointOf(size, [successor]),
    ]);
    const vkeys = [signer.verifier, successor.verifier];
    expect(await checkWithGo({ vkeys, checkpoints, inclusions, consistencies })).toEqual({
      accepted: checkpoints.length + SIZE + 200,
      refused: [],
    });
  });

  test('each of them refuses what was changed by a byte', async () => {
    const inclusion = await inclusionOf(700, SIZE);
    const consistency = await consistencyOf(300, SIZE);
    const stranger = signerOf(NAME, randomBytes(32));
    const forged = checkpointOf(SIZE, [stranger]).note;
    const document: ForeignDocument = {
      vkeys: [signer.verifier],
      checkpoints: [
        { origin, note: changed(checkpointOf(SIZE).note, origin.length + 8) },
        { origin, note: forged },
      ],
      inclusions: [
        { ...inclusion, entry: changed(inclusion.entry, 3) },
        { ...inclusion, path: inclusion.path.with(2, changed(inclusion.path[2] as string, 5)) },
        { ...inclusion, index: 701 },
        { ...inclusion, note: changed(inclusion.note, inclusion.note.length - 20) },
        inclusion,
      ],
      consistencies: [
        { ...consistency, path: consistency.path.with(1, changed(consistency.path[1] as string, 5)) },
        { ...consistency, first: checkpointOf(301) },
        { ...consistency, second: { note: forged } },
        consistency,
      ],
    };
    const { accepted, refused } = await checkWithGo(document);
    expect(accepted).toBe(2);
    const trees = ['golang.org/x/mod/sumdb/tlog', 'github.com/transparency-dev/merkle/proof'];
    const notes = ['golang.org/x/mod/sumdb/note', 'github.com/transparency-dev/formats/log'];
    const by = (what: string, libraries: readonly string[]) => libraries.map((library) => `${what}: ${library}`);
    expect(refused.map(({ what, by: library }) => `${what}: ${library}`)).toEqual([
      ...by('checkpoints[0]', notes),
      ...by('checkpoints[1]', notes),
      ...by('inclusions[0]', trees),
      ...by('inclusions[1]', trees),
      ...by('inclusions[2]', trees),
      ...by('inclusions[3]', notes),
      ...by('consistencies[0]', trees),
      ...by('consistencies[1]', trees),
      ...by('consistencies[2]', notes),
    ]);
  });

  test('what is no document is an error, not a verdict', async () => {
    await expect(checkWithGo({ vkeys: 'none' } as unknown as ForeignDocument)).rejects.toThrow('cannot be read');
  });
});

/** The text with another character of base64 in this place. */
function changed(text: string, at: number): string {
  return `${text.slice(0, at)}${text[at] === 'B' ? 'C' : 'B'}${text.slice(at + 1)}`;
}
