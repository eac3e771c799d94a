/** Joins questions of callers that see the same of the database into one statement or transaction. */
import { type Db, scopeOf } from '@tenant-registry/db';
import { type BatchOptions, createBatches } from './async/batches.ts';
import type { ActorContext } from './context.ts';

/** The bounds of reads of single rows. Of the largest contents, 16 MiB come at once. */
export const readsTogether = { runningMax: 2, weightMax: 64, waitingMax: 1_000 } as const;

type Asker = Pick<ActorContext, 'db' | 'root' | 'forTenant'>;

/**
 * Returns the function that asks. The handle of `ask` sees what each of its askers may see, and nothing else. It rejects like
 * `createBatches`.
 */
export function batchedByReach<Question, Answer>(
  options: BatchOptions<Db, Question, Answer>,
): (asker: Asker, question: Question) => Promise<Answer> {
  const ask = createBatches(options);
  return ({ db, root, forTenant }, question) => {
    const scope = scopeOf(db);
    const name = scope === null ? '' : `${scope.tenant_id}/${scope.project_id ?? ''}`;
    return ask(name, () => (scope === null ? root : forTenant(scope)), question);
  };
}
