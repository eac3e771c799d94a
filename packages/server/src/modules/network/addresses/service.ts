/**
 * Which node has an address, and which had it. Of an archived tenant only the second is told: like the audit log, which it
 * comes from, it can be asked for as long as the tenant is there.
 */
import { meshHistory } from '@tenant-registry/db';
import type { ActorContext, Context } from '../../../kernel/context.ts';
import { paginate } from '../../../kernel/cursors.ts';
import { addressText } from '../../../kernel/ip.ts';
import { spanOf } from '../../../kernel/reach.ts';
import { getTenant, readableTenant } from '../../tenants/service.ts';
import {
  type GetMeshAddress,
  getMeshAddressInput,
  type ListMeshAddresses,
  type MeshAddress,
  type MeshAddressHolder,
} from '../schema.ts';
import { type Holding, holdingAt, isDecided } from './holdings.ts';

/** Events that one statement reads. They suffice, unless changes of the address came within seconds. */
const EVENTS_AT_ONCE = 8;
/** No allocation is recorded later than this after the time that it names. */
const RECORDED_WITHIN_MS = 10_000;

/** One page of the addresses that the caller may see, lowest first. Throws `invalid_cursor`, `not_found`, `tenant_archived`. */
export async function listMeshAddresses(ctx: ActorContext, input: ListMeshAddresses) {
  const { id: tenant_id, project_id } = input;
  const filter = { tenant_id, project_id: spanOf(ctx, { tenant_id, project_id }).project_id };
  await readableTenant(ctx, tenant_id);
  return paginate(ctx.cursors, {
    list: 'mesh_addresses',
    input,
    keyOf: ({ ip }: MeshAddress) => [ip],
    fetch: (page) => meshHistory.listMeshAddresses(ctx.db, filter, page),
  });
}

/**
 * Returns which node had the address at the time, or had it last before. Now, and for a time to come, the allocation
 * decides; for a time that has passed the audit log. That one is right but for moments: changes of a network come one after
 * the other, and each is recorded with the time of the database as its replica knows it, some milliseconds early or late; a
 * change that is not committed yet is not seen, although its time may have passed. A caller that is bound to a project
 * learns of nodes of that project alone.
 * Throws `not_found`, and never `tenant_archived`.
 */
export async function getMeshAddress(ctx: ActorContext, { id, ip, at }: GetMeshAddress): Promise<MeshAddressHolder> {
  await getTenant(ctx, id);
  const now = ctx.clock().getTime();
  const asked = { tenant_id: id, ip };
  const time = at === undefined ? now : Math.min(now, Date.parse(at));
  const holding = time < now ? await heldBefore(ctx, asked, time) : await heldNow(ctx, asked);
  const {
    project_id = null,
    node_id = null,
    node_name = null,
    allocated_at = null,
    released_at = null,
  } = holding ?? {};
  return {
    ip: addressText(ip),
    at: new Date(time).toISOString(),
    held: holding?.held ?? false,
    ...{ project_id, node_id, node_name, allocated_at, released_at },
  };
}

/**
 * Returns the project whose node had the address that the input names, for a caller that acts by a level there; null: none
 * had it.
 */
export async function projectOfAddress(ctx: Context, input: Readonly<Record<string, unknown>>): Promise<string | null> {
  const { data } = getMeshAddressInput.safeParse(input);
  const { actor } = ctx;
  if (data === undefined || actor?.tenant_id !== data.id) return null;
  return (await getMeshAddress({ ...ctx, actor }, data)).project_id;
}

interface Asked {
  readonly tenant_id: string;
  readonly ip: string;
}

type Found = Holding & { readonly held: boolean };

async function heldBefore({ db }: ActorContext, asked: Asked, at: number): Promise<Found | undefined> {
  const until = new Date(at + RECORDED_WITHIN_MS);
  const events = await meshHistory.listMeshAddressEvents(db, { ...asked, until, limit: EVENTS_AT_ONCE });
  const holding = holdingAt(await readOn(db, { ...asked, events, at }), at);
  return holding && { ...holding, held: holding.released_at === null };
}

async function heldNow({ db }: ActorContext, asked: Asked): Promise<Found | undefined> {
  const rows = await meshHistory.listMeshAddressEventsNow(db, { ...asked, limit: EVENTS_AT_ONCE });
  const at = Number.POSITIVE_INFINITY;
  const events = await readOn(db, { ...asked, events: rows.filter(({ action }) => action !== 'held'), at });
  const allocation = rows.find(({ action }) => action === 'held');
  if (allocation === undefined) {
    const holding = holdingAt(events, at);
    return holding && { ...holding, held: false };
  }
  const { project_id, node_id, allocated_at } = allocation;
  const recorded = events.find(
    (event) =>
      event.action === 'mesh_address.allocated' && event.node_id === node_id && event.allocated_at === allocated_at,
  );
  const { node_name } = recorded ?? allocation;
  return { project_id, node_id, node_name, allocated_at, released_at: null, held: true };
}

interface Begun extends Asked {
  readonly events: readonly meshHistory.MeshAddressEvent[];
  readonly at: number;
}

/** Reads older events until they decide: at once, but for an address that changed often within seconds. */
async function readOn(
  db: ActorContext['db'],
  { events, at, ...asked }: Begun,
): Promise<readonly meshHistory.MeshAddressEvent[]> {
  const all = [...events];
  for (let read = events.length; read === EVENTS_AT_ONCE && !isDecided(all, at); ) {
    const last = all.at(-1);
    if (last?.id == null) break;
    const after = [last.created_at, last.id] as const;
    const older = await meshHistory.listMeshAddressEvents(db, { ...asked, after, limit: EVENTS_AT_ONCE });
    all.push(...older);
    read = older.length;
  }
  return all;
}
