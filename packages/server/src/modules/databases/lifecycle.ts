/** What can be done with a database: decided here, from facts alone. */
import type { Want } from '@tenant-registry/provisioner';
import type { TenantStatus } from '../tenants/schema.ts';
import type { DatabaseReason, DatabaseStatus, DatabaseStep } from './schema.ts';

export interface DatabaseFacts {
  readonly status: DatabaseStatus;
  readonly reason: DatabaseReason;
  readonly deletion_protection: boolean;
  readonly deletion_policy: 'retain' | 'destroy' | 'abandon';
  /** A switch to the other login is asked for, or the old login is not closed yet. */
  readonly rotating: boolean;
  readonly tenant_status: TenantStatus;
}

/** The columns that the facts are read from. */
type Row = Omit<DatabaseFacts, 'reason' | 'rotating'> & {
  readonly reason: string;
  readonly rotation_grace_seconds: number | null;
  readonly old_login_until: string | null;
};

/** Returns the facts that decide what can be done with the database, and what is wanted of it. */
export function factsOf(row: Row): DatabaseFacts {
  return {
    ...row,
    reason: row.reason as DatabaseReason, // written by the registry alone, from the list of reasons
    rotating: row.rotation_grace_seconds !== null || row.old_login_until !== null,
  };
}

/**
 * Returns the steps that the database takes now; every other one is refused with 409. A frozen or archived tenant lets its
 * databases go, and nothing else.
 */
export function allowedSteps(facts: DatabaseFacts): DatabaseStep[] {
  const { status, reason, deletion_protection, rotating } = facts;
  const removal: DatabaseStep[] = deletion_protection ? [] : ['delete'];
  const readable: DatabaseStep[] = status === 'ready' && reason !== 'asleep' ? ['connect'] : [];
  // Nobody can take the protection away in an archived tenant any more, and it must be possible to delete that.
  if (facts.tenant_status === 'archived') return status === 'deleted' ? [] : ['delete'];
  if (facts.tenant_status === 'frozen') return status === 'deleted' ? [] : [...readable, ...removal];
  switch (status) {
    case 'provisioning':
    case 'error':
      return ['update', 'retry', ...removal];
    case 'ready':
      if (reason === 'asleep') return ['update', 'retry', ...removal];
      return ['update', 'retry', ...(rotating ? [] : (['rotate'] as const)), ...readable, ...removal];
    case 'deleting':
      return ['retry', 'delete'];
    case 'deleted':
      return [];
    default:
      return status satisfies never;
  }
}

/** Returns what the registry wants of the database in the world. */
export function wantOf(facts: DatabaseFacts, whenFrozen: 'keep' | 'sleep'): Want {
  const { status, deletion_policy, tenant_status } = facts;
  if (status === 'deleting' || status === 'deleted') return deletion_policy === 'destroy' ? 'destroyed' : 'retained';
  if (tenant_status === 'archived' || (tenant_status === 'frozen' && whenFrozen === 'sleep')) return 'asleep';
  return 'running';
}
