/** Records of jobs: which gaps of a log they explain. A record counts when its own audit row is sealed and says the same. */
import { createHash } from 'node:crypto';
import { auditVerifying, type Db } from '@tenant-registry/db';
import type { Report } from './finding.ts';
import { type Cover, coverOf, parseRanges, type Ranges } from './ranges.ts';
import { hashedLeaf, hasRow, isWhole, type Row } from './rows.ts';

const PAGE = 200;
const FIRST_ID = '00000000-0000-0000-0000-000000000000';

type Gap = 'who' | 'what' | 'rows';

/** Which leaves sealed records explain, and which only others speak of. */
export interface Explained {
  has(gap: Gap, index: number): boolean;
  claims(gap: Gap, index: number): boolean;
}

/** Reads all records of a log, and reports those that do not count. */
export async function explainedIn(db: Db, log: string, report: Report): Promise<Explained> {
  const sound = new Gaps();
  const unsound = new Gaps();
  for await (const record of recordsOf(db, log)) {
    const ranges = parseRanges(record.leaves);
    const reason = ranges === null ? 'its leaves cannot be read' : reasonAgainst(record, ranges, log);
    (reason === null ? sound : unsound).add(record.groups, ranges ?? []);
    if (reason !== null)
      report({
        kind: 'record',
        severity: 'finding',
        log,
        event_id: record.record_id,
        text: `the record of a job explains nothing: ${reason}`,
      });
  }
  const [explains, claims] = [sound.covers(), unsound.covers()];
  return {
    has: (gap, index) => explains[gap].has(index),
    claims: (gap, index) => claims[gap].has(index),
  };
}

class Gaps {
  readonly #ranges: Record<Gap, (readonly [number, number])[]> = { who: [], what: [], rows: [] };

  add(groups: readonly string[], ranges: Ranges): void {
    const gaps = (['who', 'what'] as const).filter((gap) => groups.includes(gap));
    for (const gap of groups.length === 0 ? (['rows'] as const) : gaps)
      for (const range of ranges) this.#ranges[gap].push(range);
  }

  covers(): Readonly<Record<Gap, Cover>> {
    const { who, what, rows } = this.#ranges;
    return { who: coverOf(who), what: coverOf(what), rows: coverOf(rows) };
  }
}

async function* recordsOf(db: Db, log: string): AsyncGenerator<auditVerifying.JobRecord> {
  for (let after = FIRST_ID; ; ) {
    const page = await auditVerifying.listJobRecords(db, log, { after, limit: PAGE });
    yield* page;
    const last = page.at(-1);
    if (last === undefined || page.length < PAGE) return;
    after = last.record_id;
  }
}

/** Returns why a record does not count; null: it does. */
function reasonAgainst(record: auditVerifying.JobRecord, ranges: Ranges, log: string): string | null {
  const leaf = record as auditVerifying.LeafAndRow;
  if (!hasRow(leaf)) return 'its audit row has gone';
  const sealed = record.hash !== null;
  if (!sealed && !record.under_way) return 'its audit row is not sealed in this log';
  if (sealed && !isSealedAs(leaf, log)) return 'its audit row is not what was sealed';
  if (leaf.origin !== 'registry') return 'its audit row is a report, and no act of the registry';
  if (leaf.action !== (record.groups.length === 0 ? 'audit.pruned' : 'audit.redacted'))
    return 'its audit row is of another action';
  if (sealed && ranges.some(([, to]) => to > leaf.index)) return 'it speaks of leaves behind its own';
  return differences(record, leaf);
}

function isSealedAs(leaf: auditVerifying.LeafAndRow, log: string): boolean {
  const hashed = hashedLeaf(leaf, log);
  return isWhole(hashed, hashed.stored);
}

function differences({ groups, leaves }: auditVerifying.JobRecord, { metadata }: Row): string | null {
  const { groups: sealed, leaves_sha256 } = metadata;
  if (createHash('sha256').update(leaves).digest('hex') !== leaves_sha256)
    return 'its leaves are not those that were sealed';
  const said = Array.isArray(sealed) ? [...sealed].sort() : [];
  return JSON.stringify([...groups].sort()) === JSON.stringify(said)
    ? null
    : 'its groups are not those that were sealed';
}
