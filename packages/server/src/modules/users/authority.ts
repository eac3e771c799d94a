/** Subject of a tenant → the user that it is now, remembered while a lease is held. */
import { principals } from '@tenant-registry/db';
import type { KernelDependencies } from '../../kernel/context.ts';
import { createRememberedRead } from '../../kernel/leases/remembered-read.ts';
import type { UsersPort } from './port.ts';

/** Makes the function behind `ctx.users.bySubject`. */
export function createBySubject({ database, leases }: KernelDependencies): UsersPort['bySubject'] {
  const find = principals.prepareFindSubject(database);
  const read = createRememberedRead(leases, async ([tenantId, subject]: readonly [string, string]) => {
    const found = await find(tenantId, subject);
    return found === undefined ? null : { facts: found.authority, marks: found.marks };
  });
  return async (tenantId, subject) => (await read([tenantId, subject]))?.user ?? null;
}
