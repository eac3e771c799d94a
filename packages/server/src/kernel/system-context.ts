/** The context of a worker: it acts under the worker's name, on no caller's request. */
import { systemActor } from './actor.ts';
import { type ActorContext, type Dependencies, noRequest } from './context.ts';
import { newId } from './ids.ts';
import type { Worker } from './worker.ts';

/** Returns the context of one batch; its request id is new, so the audit rows of a batch can be told from another's. */
export function systemContext(deps: Dependencies, { name }: Pick<Worker, 'name'>): ActorContext {
  return { ...deps, ...noRequest, root: deps.db, actor: systemActor(name), requestId: newId(deps.clock) };
}
