/** Checks the log of a tenant, or of the platform: every leaf against its row. */
import { auditSealing, auditVerifying, type Db } from '@tenant-registry/db';
import type { Finding, Report } from './finding.ts';
import type { Explained } from './records.ts';
import { changesOf, fitsAs, type HashedLeaf, hashedLeaf, hasRow, isBlank, isWhole, type Row } from './rows.ts';
import type { Seen, Source } from './walk.ts';

/** Of documents that are held at once, as text: many small values take ten times as much. */
const BYTES_MAX = 8_388_608;
/** As many changed leaves are kept until the end, in order to see which of them were exchanged. */
const KEPT_MAX = 200;
/** So much earlier than the checkpoint before it may a row say that it was written: clocks of replicas differ. */
const EARLIER_MS_MAX = 3_600_000;

export interface TenantLog {
  readonly log: string;
  readonly stored: auditVerifying.StoredLog;
  readonly explained: Explained;
  readonly report: Report;
}

interface Kept {
  readonly hashed: HashedLeaf;
  readonly truth: Buffer;
  readonly changes: readonly string[];
}

interface Read {
  readonly index: number;
  readonly leaf: auditVerifying.LeafAndRow | HashedLeaf;
}

/** Nobody looks at the documents of a row that is what its leaf says. */
function withoutDocuments(hashed: HashedLeaf): HashedLeaf {
  const { leaf, stored } = hashed;
  if (!hasRow(leaf) || !isWhole(hashed, stored)) return hashed;
  return { ...hashed, leaf: { ...leaf, metadata: {}, extra: null, metadata_text: null, extra_text: null } };
}

export class TenantLeaves implements Source<Read, HashedLeaf> {
  readonly #db: Db;
  readonly #of: TenantLog;
  readonly #tenantId: string | null;
  readonly #kept: Kept[] = [];
  #checkedAt: string | null = null;
  #earliest = '';

  constructor(db: Db, of: TenantLog) {
    this.#db = db;
    this.#of = of;
    this.#tenantId = of.log === auditSealing.PLATFORM_LOG ? null : of.log;
  }

  /** Where documents are large, those that fit their leaves are let go of at once. */
  async read({ from, to }: auditVerifying.Indexes): Promise<Read[]> {
    const { log } = this.#of;
    const read: Read[] = [];
    for (let next = from; next < to; ) {
      const part = await auditVerifying.listLeavesWithRows(this.#db, log, { from: next, to, bytesMax: BYTES_MAX });
      const last = part.at(-1)?.index ?? to;
      next = last + 1;
      // A part that ends early because leaves have gone costs one statement more.
      const isLarge = next < to;
      for (const leaf of part)
        read.push({ index: leaf.index, leaf: isLarge ? withoutDocuments(hashedLeaf(leaf, log)) : leaf });
    }
    return read;
  }

  hashed({ leaf }: Read): HashedLeaf {
    return 'stored' in leaf ? leaf : hashedLeaf(leaf, this.#of.log);
  }

  judge({ index, leaf, truth, checkedAt }: Seen<HashedLeaf>): void {
    if (leaf === null) this.#judgeMissing(index);
    else this.#judgeFound(leaf, truth ?? leaf.stored);
    if (leaf !== null && hasRow(leaf.leaf)) this.#judgePlace(leaf.leaf, index, checkedAt);
  }

  /** Reports what was kept: leaves and rows that stand in each other's places, and all others as changed. */
  finish(): void {
    const single = new Set(this.#kept);
    for (const one of this.#kept)
      for (const other of this.#kept) {
        if (!single.has(one) || !single.has(other) || one.hashed.index >= other.hashed.index) continue;
        const what = this.#exchanged(one, other);
        if (what === null) continue;
        single.delete(one);
        single.delete(other);
        this.#find('swapped', one.hashed, `${what} were exchanged with those of leaf ${other.hashed.index}`, {
          in: [what],
          other: other.hashed.index,
        });
      }
    for (const kept of single) this.#reportChange(kept);
  }

  #judgeMissing(index: number): void {
    const { log, explained, report } = this.#of;
    if (explained.has('rows', index)) return;
    report({
      kind: 'leaf',
      severity: 'finding',
      log,
      index,
      text: 'the leaf has gone, and no sealed job has pruned it',
    });
  }

  #judgeFound(hashed: HashedLeaf, truth: Buffer): void {
    this.#judgeReturned(hashed);
    if (isWhole(hashed, truth)) return;
    const { leaf } = hashed;
    if (hasRow(leaf)) for (const group of ['who', 'what'] as const) this.#judgeErased(hashed, leaf, group);
    else this.#judgeGone(hashed);
    const changes = changesOf(hashed, truth, this.#of.log);
    if (changes.length === 0) return;
    const kept = { hashed, truth, changes };
    if (this.#kept.length < KEPT_MAX) this.#kept.push(kept);
    else this.#reportChange(kept);
  }

  /** What a job took is not there again. */
  #judgeReturned(hashed: HashedLeaf): void {
    const { leaf, index } = hashed;
    const { explained } = this.#of;
    if (!hasRow(leaf)) return;
    const returned = [
      ...(explained.has('rows', index) ? ['rows'] : []),
      ...(['who', 'what'] as const).filter((group) => leaf[`${group}_salt`] !== null && explained.has(group, index)),
    ];
    for (const part of returned)
      this.#find('restored', hashed, `a sealed job took ${part === 'rows' ? 'the row' : part} away, and it is here`, {
        in: [part],
      });
  }

  #judgeGone(hashed: HashedLeaf): void {
    const { explained } = this.#of;
    if (explained.has('rows', hashed.index)) return;
    if (explained.claims('rows', hashed.index)) this.#find('pruned', hashed, 'the row was pruned without a sealed job');
    else this.#find('gone', hashed, 'the row has gone, and no job has pruned it');
  }

  #judgeErased(hashed: HashedLeaf, row: Row, group: 'who' | 'what'): void {
    if (hashed.leaf[`${group}_salt`] !== null) return;
    if (!isBlank[group](row))
      this.#find('changed', hashed, `${group} is erased, and its columns are not what an erasure leaves`, {
        in: [group],
      });
    if (!this.#of.explained.has(group, hashed.index))
      this.#find('blanked', hashed, `${group} was blanked without a sealed job`, { in: [group] });
  }

  #judgePlace(row: Row, index: number, checkedAt: string | null): void {
    const { stored, report, log } = this.#of;
    const isFree = row.tenant_id === null && !stored.lives;
    const isLetGo = row.tenant_id === null && stored.released;
    const where = { log, index, event_id: row.id };
    if (row.tenant_id !== this.#tenantId && !isFree)
      report({
        kind: 'changed',
        severity: isLetGo ? 'notice' : 'finding',
        ...where,
        in: ['tenant_id'],
        text: isLetGo
          ? 'the row was let go of by the deletion of its tenant, which is not done'
          : 'the row belongs to another tenant than its leaf',
      });
    if (row.created_at < this.#earliestAfter(checkedAt))
      report({
        kind: 'backdated',
        severity: 'notice',
        ...where,
        in: ['created_at'],
        text: 'created_at is more than an hour before the checkpoint that was written before this leaf',
      });
  }

  #earliestAfter(checkedAt: string | null): string {
    if (checkedAt !== this.#checkedAt) {
      this.#checkedAt = checkedAt;
      this.#earliest = checkedAt === null ? '' : new Date(Date.parse(checkedAt) - EARLIER_MS_MAX).toISOString();
    }
    return this.#earliest;
  }

  /** Returns what of two leaves stands in the other's place; null: nothing. */
  #exchanged(one: Kept, other: Kept): 'leaves' | 'rows' | null {
    const { log } = this.#of;
    if (one.hashed.stored.equals(other.truth) && other.hashed.stored.equals(one.truth)) return 'leaves';
    const [row, otherRow] = [one.hashed.leaf, other.hashed.leaf];
    if (!hasRow(row) || !hasRow(otherRow)) return null;
    const fit = fitsAs(row, otherRow, { truth: other.truth, log }) && fitsAs(otherRow, row, { truth: one.truth, log });
    return fit ? 'rows' : null;
  }

  #reportChange({ hashed, changes }: Kept): void {
    this.#find('changed', hashed, `not as it was sealed: ${changes.map((part) => PARTS[part]).join('; ')}`, {
      in: changes,
    });
  }

  #find(kind: Finding['kind'], { index, leaf }: HashedLeaf, text: string, more: Partial<Finding> = {}): void {
    this.#of.report({ kind, severity: 'finding', log: this.#of.log, index, event_id: leaf.event_id, text, ...more });
  }
}

const PARTS: Readonly<Record<string, string>> = {
  entry:
    'columns of the row that are never erased (action, types, times, tenant_slug, product, project_id, request_id, crud, is_failure, origin)',
  who: 'actor_id, actor_name, reported_by, source_ip, or their salt',
  what: 'target_id, target_name, description, metadata, external_id, extra, or their salt',
  who_hash: 'who_hash of the leaf',
  what_hash: 'what_hash of the leaf',
  hash: 'hash of the leaf',
};
