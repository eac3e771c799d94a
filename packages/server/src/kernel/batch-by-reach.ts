/** Joins questions of callers that see the same of the database into one statement or transaction. */
import type { Db } from '@tenant-registry/db';
import { type BatchOptions, createBatches } from './async/batches.ts';
import type { ActorContext } from './context.ts';

type Asker = Pick<ActorContext, 'actor' | 'root' | 'forTenant'>;

/**
 * Returns the function that asks. The handle of `ask` sees what each of its askers may see, and nothing else. It rejects like
 * `createBatches`.
 */
export function batchedByReach<Question, Answer>(
  options: BatchOptions<Db, Question, Answer>,
): (asker: Asker, question: Question) => Promise<Answer> {
  const ask = createBatches(options);
  return ({ actor: { tenant_id, project_id }, root, forTenant }, question) => {
    const open = () => (tenant_id === null ? root : forTenant({ tenant_id, project_id }));
    return ask(`${tenant_id ?? ''}/${project_id ?? ''}`, open, question);
  };
}
