/** Refuses the steps that a database does not take now, each with the error that says why. */
import type { databases } from '@tenant-registry/db';
import type { DomainError } from '../../kernel/errors.ts';
import { tenantErrors } from '../tenants/errors.ts';
import { databaseErrors } from './errors.ts';
import { allowedSteps, type DatabaseFacts, factsOf } from './lifecycle.ts';
import type { DatabaseStep } from './schema.ts';

/**
 * Throws unless the database takes the step now: `tenant_archived`, `tenant_frozen`, `deletion_protected`,
 * `rotation_under_way`, `database_not_ready`, `database_step_illegal`.
 */
export function requireStep(row: databases.DatabaseRow, step: DatabaseStep): void {
  const facts = factsOf(row);
  const allowed = allowedSteps(facts);
  if (!allowed.includes(step)) throw refusal(facts, step, allowed);
}

function refusal(facts: DatabaseFacts, step: DatabaseStep, allowed: readonly DatabaseStep[]): DomainError {
  const { status, reason, rotating, tenant_status, deletion_protection } = facts;
  if (step !== 'delete' && tenant_status === 'archived') return tenantErrors.tenantArchived();
  if (step !== 'delete' && step !== 'connect' && tenant_status === 'frozen') return tenantErrors.tenantFrozen();
  if (step === 'delete' && status !== 'deleted' && deletion_protection) return databaseErrors.deletionProtected();
  const isUsable = status === 'ready' && reason !== 'asleep';
  if (step === 'rotate' && isUsable && rotating) return databaseErrors.rotationUnderWay();
  if (step === 'rotate' || step === 'connect') return databaseErrors.databaseNotReady();
  return databaseErrors.illegalStep({ members: { allowed } });
}
