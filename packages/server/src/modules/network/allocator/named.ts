/** Addresses that callers name: which of them a node may have. */
import { acrossProjects, meshAddresses, type Tx } from '@tenant-registry/db';
import type { ErrorFactory } from '../../../kernel/errors.ts';
import { parseAddress } from '../../../kernel/ip.ts';
import { networkErrors } from '../errors.ts';

/** Holds when the node has exactly the address that it asks for. Throws `address_not_usable`. */
export function requireSame(held: string, asked: string): void {
  const [one, other] = [parseAddress(held), parseAddress(asked)];
  if (one === undefined || one.family !== other?.family || one.value !== other.value)
    throw refused(networkErrors.addressNotUsable, `The node has the address ${held} already: give that back first.`);
}

export interface NamedRequest {
  readonly owner: meshAddresses.AddressOwner;
  readonly ip: string;
  /** The project has a sub-range, and none of its nodes has an address outside of it. */
  readonly strict: boolean;
}

/** Holds when the node can have the address. Throws `address_taken`, `address_not_usable`. */
export async function requireUsable(tx: Tx, { owner, ip, strict }: NamedRequest): Promise<void> {
  const { taken, usable, own } = await acrossProjects(tx, () => meshAddresses.findNamedAddress(tx, owner, ip));
  if (!usable || own === 'special') throw refused(networkErrors.addressNotUsable);
  if (strict && own === 'outside')
    throw refused(
      networkErrors.addressNotUsable,
      'The sub-range of the project is strict, and does not contain the address.',
    );
  if (taken) throw refused(networkErrors.addressTaken);
}

function refused(error: ErrorFactory, detail: string = error.definition.detail) {
  return error({ detail, errors: [{ pointer: '/ip', message: detail }] });
}
