/** What etcd needs of the registry: its past is forgotten after an hour, and what deleted tenants left is removed. */
import { configRelay, type Db } from '@tenant-registry/db';
import { type EndpointStatus, type Etcd, supportedVersion } from '@tenant-registry/etcd';
import { DomainError } from '../../../../kernel/errors.ts';
import type { Logger } from '../../../../kernel/logger.ts';
import type { Place } from '../port.ts';
import type { StoreParts } from './reading.ts';

export interface Upkeep {
  /** Looks at the members, and does what is due. */
  runOnce(): Promise<void>;
  /** Bytes of the largest database of a member, as it was last told. */
  dbSize(): number;
}

export interface UpkeepOptions extends StoreParts {
  readonly db: Db;
  readonly logger: Logger;
  readonly quotaBytes: number;
  /** Monotonic milliseconds; the process's own when absent. */
  readonly steadyMs?: () => number;
}

const COMPACT_EVERY_MS = 300_000;
const KEPT_MS = 3_600_000;
const CLEAN_EVERY_MS = 600_000;
const WARN_AT = 0.8;
const DELETES_MAX = 100;

/** A revision of the past, and when it was the newest. */
interface Mark {
  readonly atMs: number;
  readonly revision: number;
}

interface State extends UpkeepOptions {
  readonly steadyMs: () => number;
  marks: Mark[];
  cleanedAt: number;
  dbSize: number;
  isFull: boolean;
  told: string | undefined;
}

/** Makes it; it does nothing before its first run. */
export function createUpkeep(options: UpkeepOptions): Upkeep {
  const steadyMs = options.steadyMs ?? (() => performance.now());
  const state: State = {
    ...options,
    steadyMs,
    marks: [],
    cleanedAt: Number.NEGATIVE_INFINITY,
    dbSize: 0,
    isFull: false,
    told: undefined,
  };
  return { runOnce: () => run(state), dbSize: () => state.dbSize };
}

async function run(state: State): Promise<void> {
  try {
    await lookAtMembers(state);
    await compact(state);
    await clean(state);
  } catch (error) {
    // The store tells its own troubles.
    if (!(error instanceof DomainError)) throw error;
  }
}

async function lookAtMembers(state: State): Promise<void> {
  const statuses = await state.link.etcd.status();
  const sizes = statuses.map((each) => (each.answered ? each.dbSize : 0));
  state.dbSize = Math.max(0, ...sizes);
  const isFull = statuses.some((each) => each.answered && each.dbSize > WARN_AT * (each.quota ?? state.quotaBytes));
  if (isFull && !state.isFull)
    state.logger.warn({ bytes: state.dbSize }, 'etcd has used 80 % of its quota: at 100 % no value can be written');
  state.isFull = isFull;
  const wrong = unsupported(statuses);
  if (wrong !== undefined && wrong !== state.told) state.logger.error(wrong);
  state.told = wrong;
}

/** Returns what is wrong with the versions of the members; undefined: nothing that is known. */
export function unsupported(statuses: readonly EndpointStatus[]): string | undefined {
  const wrong = statuses.find((each) => each.answered && !supportedVersion(each.version));
  if (wrong === undefined || !wrong.answered) return undefined;
  return `etcd ${wrong.version} at ${wrong.endpoint} can lose what it acknowledged: 3.4 and later are needed, and not 3.5.0 to 3.5.2`;
}

/** Every five minutes, to what was the newest revision an hour ago: watchers and pages may go on from there. */
async function compact(state: State): Promise<void> {
  const { link, keys, steadyMs } = state;
  const now = steadyMs();
  const last = state.marks.at(-1);
  if (last !== undefined && now - last.atMs < COMPACT_EVERY_MS) return;
  const { revision } = await link.ask((etcd) => etcd.range({ key: keys.all }));
  const old = state.marks.findLast(({ atMs }) => now - atMs >= KEPT_MS);
  state.marks = [...state.marks.filter(({ atMs }) => now - atMs < KEPT_MS), { atMs: now, revision }];
  if (old !== undefined && old.revision > 0) await link.ask((etcd) => compactTo(etcd, old.revision, revision));
}

async function compactTo(etcd: Etcd, to: number, revision: number): Promise<{ readonly revision: number }> {
  await etcd.compact(to);
  return { revision };
}

/** Removes what tenants left that the database knows as deleted. Other projects that it does not have are reported. */
async function clean(state: State): Promise<void> {
  const { link, keys, db, logger, steadyMs } = state;
  if (steadyMs() - state.cleanedAt < CLEAN_EVERY_MS) return;
  await state.standing.refresh();
  const { kvs } = await link.ask((etcd) => etcd.range({ prefix: keys.heads }, { keysOnly: true }));
  const places = kvs.flatMap(({ key }) => keys.headAt(key) ?? []);
  const projects = await configRelay.listMissingProjects(
    db,
    places.map(({ project_id }) => project_id),
  );
  const lost = places.filter(({ project_id }) => projects.includes(project_id));
  if (lost.length > 0) {
    const tenants = [...new Set(lost.map(({ tenant_id }) => tenant_id))];
    const missing = await configRelay.listMissingTenants(db, tenants);
    const gone = new Set(missing.filter(({ deleted }) => deleted).map(({ tenant_id }) => tenant_id));
    const unknown = lost.filter(({ tenant_id }) => !gone.has(tenant_id));
    if (unknown.length > 0)
      logger.error(
        { projects: unknown.slice(0, 20).map(({ project_id }) => project_id), count: unknown.length },
        'etcd has configurations of projects that the database does not have: was it restored from a backup?',
      );
    for (const place of lost) if (gone.has(place.tenant_id)) await remove(state, place);
  }
  state.cleanedAt = steadyMs();
}

async function remove({ link, keys }: State, place: Place): Promise<void> {
  for (;;) {
    const options = { keysOnly: true, limit: DELETES_MAX };
    const { kvs } = await link.ask((etcd) => etcd.range({ prefix: keys.valuesOf(place) }, options));
    // The head goes last: by it the project is found again.
    const those = kvs.length === 0 ? [keys.pins(place.tenant_id), keys.head(place)] : kvs.map(({ key }) => key);
    await link.ask((etcd) => etcd.deleteKeys(those));
    if (kvs.length === 0) return;
  }
}
