/** Takes an address out of what is free. When the free ranges turn out to be wrong, they are made anew, once. */
import { acrossProjects, meshAddresses, meshFreeRanges, type Tx } from '@tenant-registry/db';
import { networkErrors } from '../errors.ts';

export interface TakeRequest {
  readonly owner: meshAddresses.AddressOwner;
  readonly now: Date;
  /** Absent: the lowest. */
  readonly ip?: string | undefined;
  /** The project may have addresses of the tenant's pool. */
  readonly pool: boolean;
}

/**
 * Gives the node the address, or the lowest that is free, and returns it. The lock of the network is held. Throws
 * `pool_exhausted`, and `subrange_exhausted` without the pool; neither on the word of the free ranges alone.
 */
export async function takeAddress(tx: Tx, request: TakeRequest): Promise<string> {
  const first = await insertAddress(tx, request);
  if (first?.taken) return first.ip;
  if (first === undefined && !(await mayBeFree(tx, request))) throw exhausted(request);
  const { tenant_id } = request.owner;
  await acrossProjects(tx, () => meshFreeRanges.insertFreeRangesAnew(tx, tenant_id));
  const second = await insertAddress(tx, request);
  if (second?.taken) return second.ip;
  // The address that was picked at first was no free one, and nothing else is.
  if (second === undefined && request.ip === undefined) throw exhausted(request);
  throw new Error('the free ranges of a network differ from its addresses although they were just made from them');
}

function insertAddress(tx: Tx, { ip, ...request }: TakeRequest): Promise<meshAddresses.Take | undefined> {
  return ip === undefined
    ? meshAddresses.insertLowestAddress(tx, request)
    : meshAddresses.insertNamedAddress(tx, { ...request, ip });
}

/** An address that was named is known to be free. */
async function mayBeFree(tx: Tx, { owner: { tenant_id, project_id }, ip, pool }: TakeRequest): Promise<boolean> {
  if (ip !== undefined) return true;
  return acrossProjects(tx, () => meshFreeRanges.findRoomByCounts(tx, { tenant_id, project_id, pool }));
}

const exhausted = ({ pool }: TakeRequest) => (pool ? networkErrors.poolExhausted() : networkErrors.subrangeExhausted());
