/** Checks access in the process of a product, and keeps verdicts while the registry reports changes. */
import { inBatches } from './calls/batches.ts';
import type { WaitOptions } from './calls/options.ts';
import type { Client } from './generated/client.ts';
import type { AccessVerdict } from './generated/schemas/access.ts';
import type { FollowerRuntime } from './memory/follow-changes.ts';
import { createRemembered, followerRuntime, type Memory, type MemorySettings } from './memory/remembered.ts';
import type { AccessQuestion } from './types.ts';

/** The largest number of questions that the registry answers at once. */
const QUESTIONS_MAX = 100;

export interface AccessOptions extends MemorySettings {
  /** A client with the internal token. */
  readonly client: Pick<Client, 'changes'> & { readonly access: Pick<Client['access'], 'checkBatch'> };
}

export interface Access extends Memory {
  /**
   * Resolves to the verdict of `client.access.checkBatch`: whatever does not exist is refused with the reason `not_found` or
   * `principal_not_found`. Rejects for a question that the registry does not understand, and when it cannot be asked. A
   * verdict from memory reflects every change that was answered at least three seconds ago, and usually all but the last
   * milliseconds. Without the feed each question goes to the registry. Questions of one turn of the event loop share a
   * request. The verdict is frozen.
   */
  check(question: AccessQuestion, options?: WaitOptions): Promise<AccessVerdict>;
}

/**
 * Returns an object that checks access, and starts to follow the feed of changes at once. Create one for each process and
 * close it at the end of the process; an open one does not keep a Node process alive. Throws a `TypeError` for invalid
 * options.
 */
export function createAccess(options: AccessOptions): Access {
  return createAccessOn(followerRuntime(), options);
}

/** Returns an object that checks access, whose time, pauses and chance come from the runtime. */
export function createAccessOn(runtime: FollowerRuntime, options: AccessOptions): Access {
  const { access } = options.client;
  const ask = inBatches<AccessQuestion, AccessVerdict>(async (questions) => {
    const { results } = await access.checkBatch({ checks: [...questions] });
    return results;
  }, QUESTIONS_MAX);
  const { answer, memory } = createRemembered<AccessQuestion, AccessVerdict>(runtime, options, {
    path: 'access.check',
    ask,
    // What does not exist may come into being, which the feed does not report.
    lifetimeOf: ({ tenant_id }) => (tenant_id === null ? undefined : { tenantId: tenant_id }),
  });
  return Object.assign(memory, {
    check: (question: AccessQuestion, waiting?: WaitOptions) => answer(nameOf(question), question, waiting),
  });
}

/** Returns equal names for equal questions. The registry takes ids in upper and in lower case. */
function nameOf({ principal, permission, resource }: AccessQuestion): string {
  const who = principal === undefined ? [] : [principal.type, principal.id.toLowerCase()];
  return JSON.stringify([permission, resource.type, resource.id.toLowerCase(), ...who]);
}
