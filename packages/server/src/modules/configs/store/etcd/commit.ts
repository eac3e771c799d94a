/** A write: what the database has to allow, and then one transaction of etcd. */
import { configRelay, configs } from '@tenant-registry/db';
import { EtcdError, type Kv, type Txn, type TxnAnswer } from '@tenant-registry/etcd';
import { batchedByReach } from '../../../../kernel/batch-by-reach.ts';
import type { ActorContext } from '../../../../kernel/context.ts';
import { kernelErrors, tooLate } from '../../../../kernel/errors.ts';
import { newId } from '../../../../kernel/ids.ts';
import { entryOf } from '../../../../kernel/transact/entry.ts';
import { bookkeep } from '../../../../kernel/transact.ts';
import { configErrors } from '../../errors.ts';
import { readablePlace, requireWritable } from '../../place.ts';
import type { Change, Outcome, Place, StoredConfig, Write } from '../port.ts';
import { requireRoom } from '../postgres-commit.ts';
import {
  authorOf,
  eventOf,
  type Growth,
  growthOf,
  newPinsOf,
  storedOf,
  totalOf,
  userOf,
  versionOf,
} from '../recorded.ts';
import { intentText, readIntent } from './intents.ts';
import { kvOf, storeUnavailable } from './link.ts';
import type { Meta } from './meta.ts';
import type { StoreParts } from './reading.ts';
import type { UnrelayedGrowth } from './unrelayed-growth.ts';
import { readValue, storedValueOf } from './values.ts';
import type { WaitingPlaces } from './waiting-places.ts';

export interface CommitParts extends StoreParts {
  readonly places: WaitingPlaces;
  /** Tells that there is one more. */
  readonly intended: () => void;
  readonly growth: UnrelayedGrowth;
  readonly counts: ReturnType<typeof createCounts>;
}

/** Makes the function that finds the counts of a project. */
export function createCounts() {
  return batchedByReach({ ask: configRelay.findConfigTotals, runningMax: 2, weightMax: 64, waitingMax: 1_000 });
}

interface Writing {
  readonly place: Place;
  readonly write: Write;
}

interface Growing extends Writing {
  readonly grown: readonly { readonly change: Change; readonly growth: Growth }[];
}

/** Makes `commit` of the store. */
export async function commit(parts: CommitParts, ctx: ActorContext, { place, write }: Writing): Promise<Outcome> {
  const growing = { place, write, grown: write.changes.map((change) => ({ change, growth: growthOf(change) })) };
  const [pins] = await Promise.all([
    requireAllowed(parts, ctx, growing),
    parts.places.take(place.tenant_id, write.changes.length),
  ]);
  const made = madeBy(ctx, growing);
  const meta = writable(await parts.standing.current());
  const outcome = await attempt(parts, ctx, { place, write, made, meta, pins });
  if (outcome !== 'overtaken') return outcome;
  // A schema of the tenant was deleted, or is about to be; or the epoch was written again, as a move does at its end, or is
  // another one.
  const next = writable(await parts.standing.refresh());
  const then = { place, write, made, meta: next, pins: await requireAllowed(parts, ctx, growing) };
  const again = await attempt(parts, ctx, then);
  if (again === 'overtaken') throw storeUnavailable('The store of configurations is being changed: try again.');
  return again;
}

/**
 * What the database says. It is read and not held: a freeze that comes after it lets this write through, which is done when
 * the deadlines of a request and of etcd have passed. The counts are those of the projection and of this process's own writes,
 * so they lag behind by what other processes wrote and the relay has not brought. Schemas are held all the same: returns the
 * revision of the key that a deletion of a schema writes, for a write that pins one anew.
 */
async function requireAllowed(
  parts: CommitParts,
  ctx: ActorContext,
  { place, write, grown }: Growing,
): Promise<number | undefined> {
  const { tenant_id, project_id } = place;
  const found = await readablePlace(ctx, project_id);
  if (found.tenant_id !== tenant_id) throw kernelErrors.notFound();
  requireWritable(found);
  const growth = totalOf(grown.map((each) => each.growth));
  const schema_ids = newPinsOf(write.changes);
  const pins = schema_ids.length === 0 ? undefined : await pinnable(parts, ctx, { tenant_id, schema_ids });
  const state = await parts.counts(ctx, project_id);
  const more = parts.growth.after(project_id, state.revision);
  requireRoom(growth, {
    keys: state.keys + more.keys + growth.keys,
    bytes: state.bytes + more.bytes + growth.bytes,
  });
  return pins;
}

interface Pinning {
  readonly tenant_id: string;
  readonly schema_ids: readonly string[];
}

/** Returns the revision of the key that a deletion of a schema writes. Throws `config_schema_not_found`. */
async function pinnable(parts: CommitParts, ctx: ActorContext, { tenant_id, schema_ids }: Pinning): Promise<number> {
  // Before the database is asked: a deletion that it does not show yet changes the key after this, or is waited for there.
  const { kvs } = await parts.link.gets([parts.keys.pins(tenant_id)]);
  const held = await bookkeep(ctx.db, (tx) => configs.lockConfigSchemasShared(tx, tenant_id, schema_ids));
  if (held.length < schema_ids.length) throw configErrors.schemaNotFound();
  return kvs[0]?.modRevision ?? 0;
}

function writable(meta: Meta): Meta {
  if (meta.state === 'frozen' || meta.state === 'left')
    throw storeUnavailable('The store of configurations is being moved: try again.');
  return meta;
}

interface MadeChange {
  readonly change: Change;
  /** Without its revision, which etcd gives. */
  readonly config: Omit<StoredConfig, 'revision'>;
  readonly value: string;
  readonly intent: string;
  readonly growth: Growth;
}

/** Everything that is written, so that a repetition writes nothing else. */
function madeBy(ctx: ActorContext, { place, write, grown }: Growing): readonly MadeChange[] {
  const { write_id } = write;
  const updated_at = ctx.clock().toISOString();
  const made = { write_id, updated_by: authorOf(ctx), updated_by_user_id: userOf(ctx, place), updated_at };
  return grown.map(({ change, growth }) => {
    const { revision: _, ...config } = storedOf(change, place, { ...made, revision: 0 });
    const value = storedValueOf({ ...config, revision: 0 }, change);
    const entry = entryOf(ctx, { ...eventOf(change, place), description: change.reason ?? undefined });
    const intent = intentText({ id: newId(ctx.clock), ...place, key: change.key, value, entry, ...growth });
    return { change, config, value: JSON.stringify(value), intent, growth };
  });
}

interface Attempt extends Writing {
  readonly made: readonly MadeChange[];
  readonly meta: Meta;
  /** The revision at which the key `pins` of the tenant must have changed last; undefined: no schema is pinned anew. */
  readonly pins: number | undefined;
}

async function attempt(parts: CommitParts, ctx: ActorContext, tried: Attempt): Promise<Outcome | 'overtaken'> {
  const txn = txnOf(parts, tried);
  if (ctx.deadline.leftMs() === 0) throw tooLate();
  try {
    const answer = await parts.link.ask((etcd) => etcd.txn(txn));
    return answer.succeeded ? committed(parts, tried, answer.revision) : refused(tried, answer);
  } catch (error) {
    if (!(error instanceof EtcdError) || error.kind !== 'unknown_outcome') throw error;
    return again(parts, ctx, tried);
  }
}

/** The answer was lost. Once more: this one succeeds, or finds its own write, or finds that of another. */
async function again(parts: CommitParts, { root }: ActorContext, tried: Attempt): Promise<Outcome | 'overtaken'> {
  const txn = txnOf(parts, tried);
  try {
    const answer = await parts.link.ask((etcd) => etcd.txn(txn));
    if (answer.succeeded) return committed(parts, tried, answer.revision);
    const own = await ownRevision(root, tried, answer);
    return own === undefined ? refused(tried, answer) : committed(parts, tried, own - tried.meta.base);
  } catch (error) {
    const detail = 'It is not known whether the change was made: read it, or repeat it with its Idempotency-Key.';
    throw storeUnavailable(detail, error);
  }
}

function txnOf({ keys }: CommitParts, { place, made, meta, pins }: Attempt): Txn {
  const value = ({ change }: MadeChange) => keys.value(place, change.key);
  const intent = ({ change }: MadeChange) => keys.intent(place, change.key, versionOf(change));
  return {
    compare: [
      // A base of another epoch has a revision below this one's, and is refused like every other that has changed.
      ...made.map((each) => ({ key: value(each), modRevision: modRevisionOf(each.change, meta) })),
      { key: keys.meta, modRevision: meta.modRevision },
      ...(pins === undefined ? [] : [{ key: keys.pins(place.tenant_id), modRevision: pins }]),
    ],
    success: [
      ...made.map((each) => ({ type: 'put' as const, key: value(each), value: each.value })),
      ...made.map((each) => ({ type: 'put' as const, key: intent(each), value: each.intent })),
      { type: 'put', key: keys.head(place), value: '' },
      { type: 'put', key: keys.all, value: '' },
    ],
    failure: [
      { type: 'get', key: keys.meta },
      ...made.map((each) => ({ type: 'get' as const, key: value(each) })),
      ...made.map((each) => ({ type: 'get' as const, key: intent(each) })),
    ],
  };
}

/** No key will have it. */
const NEVER = Number.MAX_SAFE_INTEGER;

/** The revision of etcd at which the key must have changed last; 0: the key must be absent. */
function modRevisionOf({ base }: Change, meta: Meta): number {
  if (base === undefined) return 0;
  return base.revision > meta.base ? base.revision - meta.base : NEVER;
}

function committed(parts: CommitParts, { place, made, meta }: Attempt, modRevision: number): Outcome {
  parts.intended();
  const revision = meta.base + modRevision;
  const grown = totalOf(made.map(({ growth }) => growth));
  if (grown.keys !== 0 || grown.bytes !== 0) parts.growth.add(place.project_id, { revision, ...grown });
  return { outcome: 'committed', epoch: meta.epoch, configs: made.map(({ config }) => ({ ...config, revision })) };
}

function refused({ made, meta, pins }: Attempt, answer: TxnAnswer): Outcome | 'overtaken' {
  const [metaKv, ...kvs] = answer.responses.map(kvOf);
  if (metaKv?.modRevision !== meta.modRevision) return 'overtaken';
  const late = made.find(({ change }, index) => {
    const wanted = modRevisionOf(change, meta);
    return (kvs[index]?.modRevision ?? 0) !== wanted;
  });
  if (late !== undefined) return { outcome: 'conflict', key: late.change.key };
  if (pins === undefined) throw new Error('a refused comparison has a key that differs');
  return 'overtaken';
}

/** Returns the revision of this very write: by the first key, because all were written together. */
async function ownRevision(db: ActorContext['root'], { place, write, made, meta }: Attempt, answer: TxnAnswer) {
  const [, ...kvs] = answer.responses.map(kvOf);
  const [first] = made;
  if (first === undefined) return undefined;
  const isOwn = (kv: Kv | null | undefined): kv is Kv => kv != null && readValue(kv).write_id === write.write_id;
  const [value, intent] = [kvs[0], kvs[made.length]];
  if (isOwn(value)) return meta.base + value.modRevision;
  const { key } = first.change;
  const version = versionOf(first.change);
  // Another write followed: this one is in its intent, or in the database already.
  if (intent != null) return isOwnIntent(intent, write) ? meta.base + intent.modRevision : undefined;
  const row = await configRelay.findConfigVersionWrite(db, { project_id: place.project_id, key, version });
  return row?.write_id === write.write_id ? row.revision : undefined;
}

function isOwnIntent({ value }: Kv, { write_id }: Write): boolean {
  return readIntent({ value }).value.write_id === write_id;
}
