/** Subject of a tenant → the service identity that it is now, remembered while a lease is held. */
import { serviceIdentities } from '@tenant-registry/db';
import type { KernelDependencies } from '../../kernel/context.ts';
import { createRememberedRead } from '../../kernel/leases/remembered-read.ts';
import type { ServiceIdentitiesPort } from './port.ts';

/** Makes the function behind `ctx.serviceIdentities.bySubject`. */
export function createBySubject({
  database,
  leases,
}: Pick<KernelDependencies, 'database' | 'leases'>): ServiceIdentitiesPort['bySubject'] {
  const find = serviceIdentities.prepareFindServiceIdentityBySubject(database);
  const read = createRememberedRead(leases, async ([tenantId, subject]: readonly [string, string]) => {
    const found = await find(tenantId, subject);
    return found === undefined ? null : { facts: found.authority, marks: found.marks };
  });
  return (tenantId, subject) => read([tenantId, subject]);
}
