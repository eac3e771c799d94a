/** Sub-ranges: the part of the network of a tenant that a project has for itself, given, replaced and taken away. */
import { networks, projects, subRanges, type Tx } from '@tenant-registry/db';
import type { ActorContext } from '../../../kernel/context.ts';
import { kernelErrors } from '../../../kernel/errors.ts';
import { requireMatchOrAbsence } from '../../../kernel/etag.ts';
import { parseCidr, sameCidr } from '../../../kernel/ip.ts';
import { reachableProject } from '../../../kernel/reach.ts';
import { getProject, holdActiveProject } from '../../projects/service.ts';
import { lockWritableTenant } from '../../tenants/service.ts';
import { rebuildFreeRanges, transactInNetwork } from '../allocator/service.ts';
import { networkErrors } from '../errors.ts';
import { releaseLocked } from '../releasing/service.ts';
import { networkEvents, type SetSubRange, type SubRange, subRange } from '../schema.ts';

/** The sub-range of a project. Throws `not_found`, also when it has none, and `tenant_archived`. */
export async function getSubRange(ctx: ActorContext, projectId: string): Promise<SubRange> {
  const { tenant_id } = await getProject(ctx, projectId);
  const row = await subRanges.findSubRange(ctx.db, { tenant_id, project_id: projectId });
  if (row === undefined) throw kernelErrors.notFound();
  return row;
}

/**
 * Gives the project exactly this sub-range, or the lowest of this length that there is room for, in place of the one that it
 * has; one that equals it, or has that length, stays. Addresses of other projects never lie in it, and those of its own may.
 * Throws `network_not_set`, `sub_range_overlaps`, `sub_range_outside_range`, `sub_range_in_use`, `no_sub_range_fits`,
 * `invalid_input` for a length that the family of the network does not have, `allocator_contention`, `project_archived`,
 * `not_found`, `tenant_frozen`, `tenant_archived`, `precondition_failed`.
 */
export async function setSubRange(ctx: ActorContext, { id, ...asked }: SetSubRange): Promise<SubRange> {
  const { tenant_id } = reachableProject(ctx, await projects.findProject(ctx.db, id));
  const key = { tenant_id, project_id: id };
  return transactInNetwork(ctx, tenant_id, async (tx, record, nothingChanged) => {
    await lockWritableTenant(ctx, tx, tenant_id);
    await holdActiveProject(tx, tenant_id, id);
    await networks.lockNetwork(tx, tenant_id);
    const current = await subRanges.findSubRange(tx, key);
    requireMatchOrAbsence(ctx, current && subRange.parse(current));
    const network = await networks.findNetwork(tx, tenant_id);
    if (network === undefined) throw networkErrors.networkNotSet();
    requireLengthOf(network, asked);
    const { strict = current?.strict ?? true } = asked;
    const stays = current !== undefined && isAsked(current, asked);
    if (stays && current.strict === strict) {
      nothingChanged();
      return current;
    }
    const place = stays
      ? current
      : { cidr: await placeOf(ctx, tx, { ...asked, current, ...key }), created_at: ctx.clock() };
    const row = await subRanges.insertOrUpdateSubRange(tx, { ...key, ...place, strict });
    if (!stays) await rebuildFreeRanges(ctx, tx, tenant_id);
    await record(networkEvents.subRangeReserved, row);
    return row;
  });
}

/**
 * Takes the sub-range from the project, which may be archived. Its nodes keep their addresses. Throws `not_found`, also when it
 * has none, `allocator_contention`, `tenant_frozen`, `tenant_archived`.
 */
export async function removeSubRange(ctx: ActorContext, projectId: string): Promise<void> {
  const { tenant_id } = reachableProject(ctx, await projects.findProject(ctx.db, projectId));
  return transactInNetwork(ctx, tenant_id, async (tx, record) => {
    await lockWritableTenant(ctx, tx, tenant_id);
    await networks.lockNetwork(tx, tenant_id);
    const released = await releaseLocked(ctx, { tx, record }, { tenant_id, projects: [projectId] });
    if (released === 0) throw kernelErrors.notFound();
  });
}

type Place = Pick<SetSubRange, 'cidr' | 'prefix_length'>;

function isAsked(current: SubRange, { cidr, prefix_length }: Place): boolean {
  return cidr === undefined ? parseCidr(current.cidr)?.prefix === prefix_length : sameCidr(current.cidr, cidr);
}

interface Replacing extends Place {
  readonly tenant_id: string;
  readonly project_id: string;
  readonly current: SubRange | undefined;
}

/** Where the sub-range will be. The place of the one that is replaced is free for it. */
async function placeOf(ctx: ActorContext, tx: Tx, { current, ...asked }: Replacing): Promise<string> {
  const { tenant_id, project_id, cidr, prefix_length } = asked;
  if (cidr !== undefined || prefix_length === undefined) return cidr ?? '';
  if (current !== undefined) {
    await subRanges.deleteSubRanges(tx, tenant_id, [project_id]);
    await rebuildFreeRanges(ctx, tx, tenant_id);
  }
  const wanted = { tenant_id, prefix_length };
  const found = (await subRanges.findFreeSubRange(tx, wanted)) ?? (await subRanges.findUnusedSubRange(tx, wanted));
  if (found === undefined) throw networkErrors.noSubRangeFits();
  return found;
}

/** The lengths that a sub-range may have; the shape of the input allows those of both families. */
const LENGTHS = { 4: { min: 8, max: 30 }, 6: { min: 48, max: 126 } } as const;

function requireLengthOf({ cidr }: { readonly cidr: string }, { prefix_length }: Place): void {
  const family = parseCidr(cidr)?.family ?? 4;
  const { min, max } = LENGTHS[family];
  if (prefix_length === undefined || (prefix_length >= min && prefix_length <= max)) return;
  const message = `must be from ${min} to ${max}: the network is of IPv${family}`;
  throw kernelErrors.invalidInput({ errors: [{ pointer: '/prefix_length', message }] });
}
