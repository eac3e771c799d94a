/** What the registry wants of a database in the world, from its row. */
import type { databaseWork } from '@tenant-registry/db';
import type { Desired, Names, Slot, Spec } from '@tenant-registry/provisioner';
import { type DatabaseFacts, wantOf } from '../lifecycle.ts';
import type { DatabaseReason } from '../schema.ts';

type Row = databaseWork.DatabaseWorkRow;
type WhenFrozen = 'keep' | 'sleep';

/** Returns the facts that decide what can be done with the database, and what is wanted of it. */
export function factsOf(row: Row): DatabaseFacts {
  const { rotation_grace_seconds, old_login_until } = row;
  return {
    ...row,
    reason: row.reason as DatabaseReason, // written by the registry alone, from the list of reasons
    rotating: rotation_grace_seconds !== null || old_login_until !== null,
  };
}

/** Returns everything that a provisioner has to know for one pass at that moment. */
export function desiredOf(
  row: Row,
  { now, whenFrozen }: { readonly now: Date; readonly whenFrozen: WhenFrozen },
): Desired {
  const { id, tenant_id, external_uid, login_slot } = row;
  return {
    id,
    tenant_id,
    want: wantOf(factsOf(row), whenFrozen),
    names: namesOf(row),
    spec: row.spec as unknown as Spec, // checked when it was written
    logins: { current: login_slot as Slot, other: isOtherOpen(row, now) ? 'open' : 'closed' },
    external_uid,
  };
}

/** While a rotation is asked for, nothing closes; after it, the old login has its grace. */
function isOtherOpen({ rotation_grace_seconds, old_login_until }: Row, now: Date): boolean {
  return rotation_grace_seconds !== null || (old_login_until !== null && now < new Date(old_login_until));
}

function namesOf({ namespace, cluster_name, pooler_name }: Row): Names {
  return {
    namespace,
    cluster: cluster_name,
    pooler: pooler_name,
    credentials: `${cluster_name}-credentials`,
    logins: { a: `${cluster_name}-login-a`, b: `${cluster_name}-login-b` },
  };
}
