/** Records of jobs: which gaps of a log they explain. A record counts when its own audit row is sealed and says the same. */
import { createHash } from 'node:crypto';
import { auditSealing, auditVerifying, type Db } from '@tenant-registry/db';
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
  /** Whether some of these records are sealed in the log of the platform. */
  readonly isElsewhere: boolean;
}

export interface OfLog {
  readonly log: string;
  /** Whether its tenant is there. */
  readonly lives: boolean;
}

/** Reads all records of a log, and reports those that do not count. */
export async function explainedIn(db: Db, of: OfLog, report: Report): Promise<Explained> {
  const { log } = of;
  let isElsewhere = false;
  const sound = new Gaps();
  const unsound = new Gaps();
  for await (const record of recordsOf(db, log)) {
    const ranges = parseRanges(record.leaves);
    isElsewhere ||= record.leaf_log !== null && record.leaf_log !== log;
    const reason = ranges === null ? 'its leaves cannot be read' : reasonAgainst(record, ranges, of);
    (reason === null ? sound : unsound).add(record.groups, ranges ?? []);
    if (reason === null && record.leaf_log === null)
      report({
        kind: 'record',
        severity: 'notice',
        log,
        event_id: record.record_id,
        text: 'the record of a job is not sealed yet: what it did is explained by it for a minute',
      });
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
    isElsewhere,
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
function reasonAgainst(record: auditVerifying.JobRecord, ranges: Ranges, { log, lives }: OfLog): string | null {
  const leaf = record as auditVerifying.LeafAndRow;
  const { leaf_log, under_way, groups } = record;
  if (!hasRow(leaf)) return 'its audit row has gone';
  if (leaf_log === null && !under_way) return 'its audit row is not sealed';
  if (leaf_log !== null && !isSealedAs(leaf, leaf_log)) return 'its audit row is not what was sealed';
  // The rows of a tenant that is gone are in the log of the platform.
  if (leaf_log !== null && leaf_log !== log && (lives || leaf_log !== auditSealing.PLATFORM_LOG))
    return 'its audit row is in another log';
  if (leaf.origin !== 'registry') return 'its audit row is a report, and no act of the registry';
  if (leaf.action !== (groups.length === 0 ? 'audit.pruned' : 'audit.redacted'))
    return 'its audit row is of another action';
  if (leaf_log === log && ranges.some(([, to]) => to > leaf.index)) return 'it speaks of leaves behind its own';
  return differences(record, leaf, { ranges, log });
}

interface OfLeaves {
  readonly ranges: Ranges;
  readonly log: string;
}

function isSealedAs(leaf: auditVerifying.LeafAndRow, log: string): boolean {
  const hashed = hashedLeaf(leaf, log);
  return isWhole(hashed, hashed.stored);
}

function differences(record: auditVerifying.JobRecord, row: Row, { ranges, log }: OfLeaves): string | null {
  const metadata: Partial<Record<string, unknown>> = row.metadata ?? {};
  const digest = createHash('sha256').update(record.leaves).digest('hex');
  if (digest !== metadata['leaves_sha256']) return 'its leaves are not those that were sealed';
  if (!isSameSet(record.groups, metadata['groups'])) return 'its groups are not those that were sealed';
  if (record.job_id !== metadata['job_id']) return 'its job is not the one that was sealed';
  if (metadata['rows'] !== ranges.reduce((sum, [from, to]) => sum + to - from, 0))
    return 'its leaves are not as many as were sealed';
  return metadata['log'] === log ? null : 'what was sealed is of another log';
}

function isSameSet(groups: readonly string[], sealed: unknown): boolean {
  return JSON.stringify([...groups].sort()) === JSON.stringify(Array.isArray(sealed) ? [...sealed].sort() : []);
}
