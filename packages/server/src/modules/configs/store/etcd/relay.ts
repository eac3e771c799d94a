/**
 * The relay brings what waits in etcd into the database, in the order of etcd's revisions: value, revision, audit row and event
 * of a version in one transaction, and only then it deletes the intent. Wherever it is killed, the next one finds the intent
 * and the database refuses the version a second time, so each version is there once.
 */
import { configRelay, type Db, entries, safeMessage } from '@tenant-registry/db';
import { EtcdError, type Kv } from '@tenant-registry/etcd';
import type { Clock } from '../../../../kernel/clock.ts';
import { DomainError } from '../../../../kernel/errors.ts';
import type { Logger } from '../../../../kernel/logger.ts';
import type { Signals } from '../../../../kernel/signals.ts';
import { bookkeep } from '../../../../kernel/transact.ts';
import { type GapFound, gapEntries } from './gaps.ts';
import { type Intent, readIntent, relayedFrom } from './intents.ts';
import type { Meta } from './meta.ts';
import type { StoreParts } from './reading.ts';
import { isRefusal } from './refusals.ts';
import { type Aside, createAside, type Listed, type Look, look } from './relay-look.ts';

export interface ConfigRelay {
  /** Brings what waits, and returns how many versions it was; 0: nothing waits, another process does it, or one of the stores is away. */
  turn(signal: AbortSignal): Promise<number>;
  /** Versions that waited when it last looked. */
  waiting(): number;
  /** For how many seconds the oldest of them has waited by now. */
  lagSeconds(): number;
  /** Waiting versions whose project the database does not have. */
  orphans(): number;
}

export interface RelayOptions extends StoreParts {
  readonly db: Db;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly signals: Pick<Signals, 'tell'>;
  /** For tests: what happens between the commit of the database and the deletion in etcd. */
  readonly committed?: () => Promise<void>;
  /** Versions that one turn brings at most, 1,000 unless given. */
  readonly lookMax?: number;
}

const LOOK_MAX = 1_000;
/** What one transaction brings at most. */
const BATCH = 100;
const BATCH_BYTES = 4_194_304;
/** So many intents fit into one answer, whatever their size. */
const GETS_MAX = 64;
const ALARM_SECONDS = 30;

interface State extends RelayOptions {
  readonly lookMax: number;
  readonly aside: Aside;
  waiting: number;
  orphans: number;
  /** The oldest of what waits, and when it was written; undefined: none waits. */
  oldest: { readonly modRevision: number; readonly at: number } | undefined;
  isAlarmed: boolean;
  /** Projects that the log has told of as unknown to the database. */
  readonly told: Set<string>;
}

/** Makes it; it does nothing before its first turn. */
export function createConfigRelay(options: RelayOptions): ConfigRelay {
  const state: State = {
    ...options,
    lookMax: options.lookMax ?? LOOK_MAX,
    aside: createAside(),
    waiting: 0,
    orphans: 0,
    oldest: undefined,
    isAlarmed: false,
    told: new Set(),
  };
  return {
    turn: (signal) => turn(state, signal),
    waiting: () => state.waiting,
    lagSeconds: () => lagSeconds(state),
    orphans: () => state.orphans,
  };
}

function lagSeconds({ oldest, clock }: State): number {
  return oldest === undefined ? 0 : Math.max(0, (clock().getTime() - oldest.at) / 1_000);
}

async function turn(state: State, signal: AbortSignal): Promise<number> {
  try {
    const seen = await look(state);
    state.waiting = seen.waiting;
    state.orphans = seen.orphans;
    await noteOldest(state, seen);
    if (seen.front === undefined) return rest(state);
    if (seen.open.length === 0) return 0;
    const meta = await state.standing.refresh();
    return await relayAll(state, { listed: seen.open, meta, signal });
  } catch (error) {
    // The store tells its own troubles. A deletion whose answer was lost is done again.
    if (error instanceof DomainError || error instanceof EtcdError) return 0;
    throw error;
  } finally {
    tellLag(state);
  }
}

function rest(state: State): number {
  state.aside.clear();
  state.told.clear();
  return 0;
}

/** Reads the oldest one, unless it was read before, or is about to be. */
async function noteOldest(state: State, { front, open }: Look): Promise<void> {
  if (front?.modRevision === state.oldest?.modRevision) return;
  state.oldest = undefined;
  if (front === undefined || front.key === open[0]?.key) return;
  const { kvs } = await state.link.gets([front.key]);
  const [kv] = kvs;
  // One that cannot be read waits from when it was seen.
  if (kv != null) state.oldest = oldestOf(state, waitingFrom(state, kv)) ?? { ...front, at: state.clock().getTime() };
}

function tellLag(state: State): void {
  const seconds = lagSeconds(state);
  const isLate = seconds > ALARM_SECONDS;
  if (isLate && !state.isAlarmed)
    state.logger.error(
      { seconds: Math.round(seconds), waiting: state.waiting },
      'changes of configurations wait for the database: history, audit log and events lag behind',
    );
  if (!isLate && state.isAlarmed) state.logger.info('the relay of configurations has caught up again');
  state.isAlarmed = isLate;
}

interface Looked {
  readonly listed: readonly Listed[];
  readonly meta: Meta;
  readonly signal: AbortSignal;
}

async function relayAll(state: State, { listed, meta, signal }: Looked): Promise<number> {
  let rest = listed;
  let relayed = 0;
  while (rest.length > 0 && !signal.aborted) {
    const batch = await nextBatch(state, rest);
    if (rest === listed && state.oldest === undefined) state.oldest = oldestOf(state, batch.intents[0]);
    const done = await relayBatch(state, batch.intents, meta);
    if (done === undefined) return relayed; // another process has the lock
    await removeIntents(state, done);
    relayed += done.length;
    state.waiting = Math.max(0, state.waiting - done.length);
    rest = rest.slice(batch.taken);
  }
  if (state.waiting === 0) state.oldest = undefined;
  return relayed;
}

interface Waiting extends Listed {
  readonly intent: Intent;
}

function oldestOf({ clock }: State, first: Waiting | undefined): State['oldest'] {
  if (first === undefined) return undefined;
  const { intent, modRevision } = first;
  const at = Date.parse(intent.value.updated_at);
  return { modRevision, at: Number.isNaN(at) ? clock().getTime() : at };
}

/** Returns the intent; undefined for one that cannot be read, whose project is set aside. */
function waitingFrom(state: State, kv: Kv): Waiting | undefined {
  try {
    return { key: kv.key, modRevision: kv.modRevision, intent: readIntent(kv) };
  } catch (error) {
    const at = state.keys.intentAt(kv.key);
    if (at !== undefined) setAside(state, at, error);
    return undefined;
  }
}

interface Batch {
  readonly intents: readonly Waiting[];
  /** How many of the list it covers. */
  readonly taken: number;
}

/** Reads whole revisions of about 100 versions and 4 MiB: keys that were written together are seen together in the database too. */
async function nextBatch(state: State, listed: readonly Listed[]): Promise<Batch> {
  const intents: Waiting[] = [];
  let taken = 0;
  let bytes = 0;
  while (taken < listed.length && taken < BATCH && bytes < BATCH_BYTES) {
    const piece = piecesOf(listed.slice(taken), GETS_MAX);
    const { kvs } = await state.link.gets(piece.map(({ key }) => key));
    for (const kv of kvs) {
      if (kv === null) continue; // relayed by another process meanwhile
      const waiting = waitingFrom(state, kv);
      if (waiting !== undefined) intents.push(waiting);
      bytes += kv.value.length;
    }
    taken += piece.length;
  }
  return { intents, taken };
}

/** The first of the list, so many at most, up to the end of a revision. */
function piecesOf(listed: readonly Listed[], max: number): readonly Listed[] {
  if (listed.length <= max) return listed;
  const next = listed[max]?.modRevision;
  const end = listed.slice(0, max).findLastIndex(({ modRevision }) => modRevision !== next);
  // A revision has 60 versions at most.
  return listed.slice(0, end + 1);
}

/** Returns what may be deleted in etcd; undefined while another process has the lock. */
async function relayBatch(
  state: State,
  intents: readonly Waiting[],
  meta: Meta,
): Promise<readonly Waiting[] | undefined> {
  const open = intents.filter(({ intent }) => state.aside.whyOf(intent.project_id) === undefined);
  if (open.length === 0) return [];
  try {
    return await bringIn(state, open, meta);
  } catch (error) {
    if (!isRefusal(error)) throw error;
    const revisions = new Set(open.map(({ modRevision }) => modRevision));
    if (revisions.size > 1) return oneByOne(state, { open, revisions, meta });
    for (const { intent } of open) setAside(state, { ...intent, version: intent.value.version }, error);
    return [];
  }
}

interface Open {
  readonly open: readonly Waiting[];
  readonly revisions: ReadonlySet<number>;
  readonly meta: Meta;
}

async function oneByOne(state: State, { open, revisions, meta }: Open): Promise<readonly Waiting[] | undefined> {
  const relayed: Waiting[] = [];
  for (const revision of revisions) {
    const own = open.filter(({ modRevision }) => modRevision === revision);
    const done = await relayBatch(state, own, meta);
    if (done === undefined) return relayed.length > 0 ? relayed : undefined;
    relayed.push(...done);
  }
  return relayed;
}

interface Refused extends Pick<Intent, 'project_id' | 'key'> {
  readonly version?: number;
}

function setAside({ aside, logger }: State, { project_id, key, version }: Refused, error: unknown): void {
  if (aside.whyOf(project_id) === undefined)
    logger.error(
      { project_id, key, version, reason: safeMessage(error) },
      'the database refuses a version of a configuration: later changes of its project wait behind it',
    );
  aside.set(project_id, 'refused');
}

async function bringIn(state: State, intents: readonly Waiting[], { base, epoch }: Meta) {
  const ordered = [...intents].sort(byTime);
  const rows = ordered.map(({ intent, modRevision }) => relayedFrom(intent, base + modRevision));
  const outcomes = await bookkeep(state.db, async (tx) => {
    if (!(await configRelay.lockConfigRelay(tx))) return undefined;
    const found = await configRelay.insertRelayedConfigs(tx, rows);
    const byId = new Map(found.map((each) => [each.id, each]));
    const fresh = ordered.filter(({ intent }) => byId.get(intent.id)?.outcome === 'relayed');
    const gaps = await dropped(tx, ordered, byId);
    await entries.appendEntries(tx, [...fresh.map(({ intent }) => intent.entry), ...gapEntries(state, gaps.found)]);
    const revision = Math.max(...ordered.map(({ modRevision }) => modRevision));
    if (!(await configRelay.updateConfigRevisionSeen(tx, { epoch, revision })))
      throw new Error('the values have moved to another store or epoch meanwhile');
    return { byId, gone: gaps.gone, isNew: fresh.length > 0 };
  });
  if (outcomes === undefined) return undefined;
  const { byId, gone, isNew } = outcomes;
  if (isNew) state.signals.tell('queued');
  await state.committed?.();
  const isOrphan = ({ intent }: Waiting) => byId.get(intent.id)?.outcome === 'orphan' && !gone.has(intent.tenant_id);
  leaveOrphans(state, ordered.filter(isOrphan));
  return ordered.filter((each) => !isOrphan(each));
}

/** The entries of one write have the order of its changes. */
function byTime(one: Waiting, other: Waiting): number {
  return one.modRevision - other.modRevision || (one.intent.entry.id < other.intent.entry.id ? -1 : 1);
}

type Outcomes = ReadonlyMap<string, configRelay.RelayOutcome>;

/** Finds which versions are missing: those before a version whose predecessor is not here, and those of tenants that were deleted. */
async function dropped(db: Db, intents: readonly Waiting[], byId: Outcomes) {
  const orphans = intents.filter(({ intent }) => byId.get(intent.id)?.outcome === 'orphan');
  const tenants = [...new Set(orphans.map(({ intent }) => intent.tenant_id))];
  const missing = tenants.length === 0 ? [] : await configRelay.listMissingTenants(db, tenants);
  const gone = new Set(missing.filter(({ deleted }) => deleted).map(({ tenant_id }) => tenant_id));
  const found = intents.flatMap(({ intent }): GapFound[] => {
    const { tenant_id, project_id, key, value } = intent;
    const after = byId.get(intent.id)?.gap_after ?? null;
    if (after !== null)
      return [{ tenant_id, project_id, key, from: after + 1, to: value.version - 1, cause: 'database_restored' }];
    const isGone = gone.has(tenant_id) && byId.get(intent.id)?.outcome === 'orphan';
    const { version } = value;
    return isGone ? [{ tenant_id, project_id, key, from: version, to: version, cause: 'tenant_deleted' }] : [];
  });
  return { found, gone };
}

function leaveOrphans(state: State, orphans: readonly Waiting[]): void {
  state.orphans += orphans.length;
  const projects = [...new Set(orphans.map(({ intent }) => intent.project_id))];
  for (const project of projects) state.aside.set(project, 'orphaned');
  const unknown = projects.filter((project) => !state.told.has(project));
  if (unknown.length > 0)
    state.logger.error(
      { projects: unknown.slice(0, 20), versions: orphans.length },
      'changes of configurations wait whose projects the database does not have: was it restored from a backup?',
    );
  for (const project of unknown) state.told.add(project);
}

/** An intent that is still there when this fails is found again, and is known by then. */
async function removeIntents({ link }: State, relayed: readonly Waiting[]): Promise<void> {
  for (let from = 0; from < relayed.length; from += BATCH) {
    const keys = relayed.slice(from, from + BATCH).map(({ key }) => key);
    await link.ask((etcd) => etcd.deleteKeys(keys));
  }
}
