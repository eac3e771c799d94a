/** What the registry wants of a database in the world, from its row. */
import type { databaseWork } from '@tenant-registry/db';
import type { Desired, Slot, Spec } from '@tenant-registry/provisioner';
import { factsOf, wantOf } from '../lifecycle.ts';
import { namesOf } from '../names.ts';

type Row = databaseWork.DatabaseWorkRow;
type WhenFrozen = 'keep' | 'sleep';

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
