/** Work that nobody asked for: it acts under the name of its worker. */
import { type ActorContext, type Dependencies, noRequest } from './context.ts';
import { newId } from './ids.ts';
import type { Worker } from './worker.ts';

/** Returns the context of one batch; its request id is new, so the audit rows of a batch can be told from another's. */
export function systemContext(deps: Dependencies, { name }: Pick<Worker, 'name'>): ActorContext {
  const actor = { type: 'system', id: name, name, permissions: new Set<never>() } as const;
  return { ...deps, ...noRequest, actor, requestId: newId(deps.clock) };
}
