/** Checks the audit log of a database: rows, leaves, tiles, checkpoints and what went outside. It only reads. */
import { auditSealing, auditVerifying, type Db } from '@tenant-registry/db';
import type { Progress } from '../../../kernel/progress.ts';
import { readTogether } from '../../../kernel/transact.ts';
import type { Verifier } from '../tree/note.ts';
import { type AnchorText, anchorsOf } from './anchors.ts';
import type { Finding, Report } from './finding.ts';
import { type Anchor, Marks } from './marks.ts';
import { explainedIn } from './records.ts';
import { CheckpointLeaves } from './registry-log.ts';
import { Roots } from './roots.ts';
import { type Opener, openerOf } from './signed.ts';
import { TenantLeaves } from './tenant-log.ts';
import { sizeOf, walk } from './walk.ts';

const PAGE = 1_000;
/** Logs that are of no tenant. */
const ALWAYS: readonly string[] = [auditSealing.PLATFORM_LOG, auditSealing.REGISTRY_LOG];
const FIRST_ID = '00000000-0000-0000-0000-000000000000';

export interface VerifyOptions {
  /** Undefined: all logs. */
  readonly tenant: string | undefined;
  /** None: signatures are not checked, which is a warning. */
  readonly verifiers: readonly Verifier[];
  readonly anchors: readonly AnchorText[];
  readonly report: Report;
  readonly progress: Progress;
  /** How reads see one moment: in a transaction of their own, unless told otherwise. */
  readonly together?: typeof readTogether;
}

export interface Verified {
  readonly logs: number;
  readonly leaves: number;
  readonly checkpoints: number;
  readonly anchors: number;
  /** Leaves behind the last root that is right: nobody has signed them yet. */
  readonly unsigned: number;
  readonly findings: number;
  readonly notices: number;
  readonly signatures: 'checked' | 'not checked';
}

/** Thrown for a tenant that left nothing. */
export class UnknownTenantError extends Error {
  override readonly name = 'UnknownTenantError';
}

/**
 * Resolves when everything was compared; what is wrong went to `report`. Each log is read as it is at one moment, so a
 * registry that works meanwhile gives no false alarm.
 */
export async function verifyAudit(db: Db, options: VerifyOptions): Promise<Verified> {
  const check = new Check(db, options);
  return check.run();
}

class Check {
  readonly #db: Db;
  readonly #options: VerifyOptions;
  readonly #together: typeof readTogether;
  readonly #open: Opener;
  readonly #counted = { logs: 0, leaves: 0, checkpoints: 0, anchors: 0, unsigned: 0, findings: 0, notices: 0 };
  #anchors: readonly Anchor[] = [];
  #isToldElsewhere = false;

  constructor(db: Db, options: VerifyOptions) {
    this.#db = db;
    this.#options = options;
    this.#together = options.together ?? readTogether;
    this.#open = openerOf(options.verifiers);
  }

  async run(): Promise<Verified> {
    const known = await this.#knownLogs();
    const { verifiers, anchors } = this.#options;
    const isSigned = verifiers.length > 0;
    if (!isSigned)
      this.#report({
        kind: 'unsigned',
        severity: 'warning',
        log: null,
        text: 'signatures are not checked: no key was given',
      });
    this.#anchors = anchorsOf(anchors, { open: this.#open, report: this.#report, isSigned });
    const logs = this.#logsAmong(known);
    for (const log of logs) await this.#checkLogApart(log);
    // What was done to the rows of a deleted tenant is told there.
    if (this.#isToldElsewhere && !logs.includes(auditSealing.PLATFORM_LOG))
      await this.#checkLogApart(auditSealing.PLATFORM_LOG);
    await this.#together(this.#db, (db) => this.#checkRows(db));
    await this.#checkGuards();
    return { ...this.#counted, signatures: isSigned ? 'checked' : 'not checked' };
  }

  /** Returns the ids of all logs. Throws for a tenant that left nothing. */
  async #knownLogs(): Promise<string[]> {
    const { tenant } = this.#options;
    const known = await auditVerifying.listLogIds(this.#db);
    if (tenant === undefined || [...known, ...ALWAYS].includes(tenant)) return known;
    const { lives, waits } = await auditVerifying.findStoredLog(this.#db, tenant);
    if (lives || waits) return known;
    throw new UnknownTenantError(`there is no tenant ${tenant}, and there never was an audit log of one`);
  }

  /**
   * The log of checkpoints comes last: it then has every checkpoint that was read before. A log that went outside is looked at
   * although nothing is left of it.
   */
  #logsAmong(known: readonly string[]): string[] {
    const { tenant } = this.#options;
    const asked = tenant === undefined ? [...known, ...this.#anchors.map(({ log }) => log)] : [tenant];
    const { REGISTRY_LOG } = auditSealing;
    return [...new Set([...asked.filter((log) => log !== REGISTRY_LOG), REGISTRY_LOG])];
  }

  readonly #report = (finding: Finding): void => {
    if (finding.severity === 'finding') this.#counted.findings += 1;
    if (finding.severity === 'notice') this.#counted.notices += 1;
    this.#options.report(finding);
  };

  /** What has a form that nothing here expects was not written by the registry: it ends the check of its log, and no other. */
  async #checkLogApart(log: string): Promise<void> {
    try {
      await this.#together(this.#db, (db) => this.#checkLog(db, log));
    } catch (error) {
      if (!(error instanceof TypeError || error instanceof RangeError || error instanceof SyntaxError)) throw error;
      const text = 'something in this log has a form that the registry does not write; what follows it is not compared';
      this.#report({ kind: 'unreadable', severity: 'finding', log, text });
    }
  }

  async #checkLog(db: Db, log: string): Promise<void> {
    const stored = await auditVerifying.findStoredLog(db, log);
    const size = sizeOf(stored);
    const report = this.#report;
    this.#options.progress.begin(log, size);
    this.#checkEnds(log, stored);
    const marks = new Marks(db, log, { open: this.#open, anchors: this.#anchors });
    const roots = new Roots(log, { report, isSigned: this.#options.verifiers.length > 0 });
    const walked = { db, log, stored, marks, roots, report, progress: this.#options.progress.done };
    if (log === auditSealing.REGISTRY_LOG) await this.#checkCheckpoints(db, { walked, size });
    else {
      const explained = await explainedIn(
        db,
        { log, lives: stored.lives || log === auditSealing.PLATFORM_LOG },
        report,
      );
      this.#isToldElsewhere ||= explained.isElsewhere;
      const leaves = new TenantLeaves(db, { log, stored, report, explained });
      await walk(walked, leaves);
      leaves.finish();
    }
    this.#counted.logs += 1;
    this.#counted.leaves += size;
    this.#counted.checkpoints += marks.checkpoints;
    this.#counted.unsigned += size - roots.right;
    this.#counted.anchors += this.#anchors.filter((anchor) => anchor.log === log).length;
  }

  async #checkCheckpoints(
    db: Db,
    { walked, size }: { readonly walked: Parameters<typeof walk>[0]; readonly size: number },
  ): Promise<void> {
    await walk(walked, new CheckpointLeaves(db, this.#report));
    for (const stray of await auditVerifying.listStrayCheckpoints(db, { size, limit: PAGE }))
      this.#report({
        kind: 'checkpoint',
        severity: 'finding',
        ...stray,
        text: 'the checkpoint is not in the log of checkpoints',
      });
  }

  #checkEnds(log: string, stored: auditVerifying.StoredLog): void {
    const { size, last_index, checked_size, last_checkpoint } = stored;
    const where = { severity: 'finding', log } as const;
    if (size === null && (last_index !== null || last_checkpoint !== null))
      this.#report({ kind: 'log', ...where, text: 'the row of audit_logs has gone' });
    const last = last_checkpoint ?? 0;
    if (size !== null && size > sizeOf(stored))
      this.#report({
        kind: 'log',
        ...where,
        size: sizeOf(stored),
        in: ['size'],
        text: 'the log says that it has more leaves than there are',
      });
    if (checked_size !== null && checked_size > last)
      this.#report({ kind: 'checkpoint', ...where, size: checked_size, text: 'the last checkpoint has gone' });
    if (checked_size !== null && checked_size < last)
      this.#report({
        kind: 'log',
        ...where,
        size: checked_size,
        in: ['checked_size'],
        text: 'the log has later checkpoints than it says',
      });
  }

  async #checkGuards(): Promise<void> {
    for (const { kind, name } of await auditVerifying.listBrokenGuards(this.#db))
      this.#report({
        kind: 'guard',
        severity: 'finding',
        log: null,
        in: [name],
        text: `${kind} ${name}: off, gone, or not as the registry made it; rows can come and go without a trace of their own`,
      });
  }

  /** Rows that no log speaks of, and tickets of rows that have gone. */
  async #checkRows(db: Db): Promise<void> {
    const { tenant } = this.#options;
    for await (const { id, tenant_id } of looseRows(db, tenant)) {
      const log = tenant_id ?? auditSealing.PLATFORM_LOG;
      this.#report({
        kind: 'added',
        severity: 'finding',
        log,
        event_id: id,
        text: 'the row has neither a leaf nor a ticket for one',
      });
    }
    const within = tenant === undefined ? {} : { log: tenant };
    for (const { event_id, log } of await auditVerifying.listTicketsWithoutRow(db, { ...within, limit: PAGE }))
      this.#report({ kind: 'gone', severity: 'finding', log, event_id, text: 'the row has gone before it was sealed' });
    const overdue = 'the row has no leaf yet, although it is not of the last hour: nothing proves it';
    const elsewhere = 'the row waits for a leaf in the log of another tenant';
    const tickets = await auditVerifying.listWrongTickets(db, { ...within, limit: PAGE });
    for (const { event_id, log, is_elsewhere } of tickets)
      this.#report({ kind: 'waiting', severity: 'finding', log, event_id, text: is_elsewhere ? elsewhere : overdue });
  }
}

/** A row without a tenant may be of one that was deleted: it is looked at with the platform's and with those. */
async function* looseRows(
  db: Db,
  tenant: string | undefined,
): AsyncGenerator<{ id: string; tenant_id: string | null }> {
  const tenants =
    tenant === undefined ? [undefined] : [...new Set([tenant === auditSealing.PLATFORM_LOG ? null : tenant, null])];
  for (const tenantId of tenants)
    for (let after = FIRST_ID; ; ) {
      const within = tenantId === undefined ? {} : { tenantId };
      const page = await auditVerifying.listLooseRows(db, { ...within, after, limit: PAGE });
      yield* page;
      const last = page.at(-1);
      if (last === undefined || page.length < PAGE) break;
      after = last.id;
    }
}
