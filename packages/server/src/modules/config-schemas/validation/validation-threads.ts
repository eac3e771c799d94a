/** Two threads behind a gate, in which tenants take turns. */
import { createThread, type Thread, ThreadTimeout, ThreadTooCostly } from '../../../kernel/async/thread.ts';
import type { Clock } from '../../../kernel/clock.ts';
import { kernelErrors } from '../../../kernel/errors.ts';
import { createGate, type Gate } from '../../../kernel/gate.ts';
import { configSchemaErrors } from '../errors.ts';
import { createCostlyTenants } from './costly-tenants.ts';
import type { Answer, Question } from './questions.ts';

const THREADS = 2;
const MEMORY_MAX_MB = 64;

export interface ValidationThreads {
  /**
   * Resolves with the answer. Throws `validation_too_costly` when it takes more CPU time, memory or stack than it may,
   * `rate_limited` for a tenant with three of those within a minute, `tenant_busy`, and `overloaded` when the wait is over.
   * Comparisons are counted apart: who may only read keeps nobody from writing.
   */
  ask(tenantId: string, question: Question): Promise<Exclude<Answer, { readonly kind: 'too_costly' }>>;
  /** Counts one too costly piece of work for the tenant, and returns its error. */
  tooCostly(tenantId: string, cause?: unknown): Error;
  readonly gate: Gate;
  close(): void;
}

export interface ValidationThreadsOptions {
  readonly clock: Clock;
  /** Milliseconds of wall time: once for the turn to come, and once for the answer. */
  readonly waitMaxMs: number;
}

/** Prepares the threads; each starts with its first question. */
export function createValidationThreads({ clock, waitMaxMs }: ValidationThreadsOptions): ValidationThreads {
  const gate = createGate({
    name: 'validations',
    places: THREADS,
    waitingMax: 1_000,
    tenantPlacesMax: 1,
    tenantWaitingMax: 100,
  });
  const costly = createCostlyTenants(clock);
  const threads = Array.from({ length: THREADS }, () =>
    createThread<Question, Answer>(new URL('./thread.ts', import.meta.url), {
      timeoutMs: waitMaxMs,
      memoryMaxMb: MEMORY_MAX_MB,
    }),
  );
  const free = [...threads];

  function tooCostly(account: string, cause?: unknown): Error {
    costly.count(account);
    return configSchemaErrors.validationTooCostly({ cause });
  }

  async function askThread(thread: Thread<Question, Answer>, account: string, question: Question) {
    const answer = await thread.ask(question).catch((error: unknown) => {
      if (error instanceof ThreadTooCostly) throw tooCostly(account, error);
      throw error instanceof ThreadTimeout ? busy(error) : error;
    });
    if (answer.kind === 'too_costly') throw tooCostly(account);
    return answer;
  }

  return {
    async ask(tenantId, question) {
      const account = accountOf(tenantId, question);
      costly.check(account);
      const leave = await gate.enter(tenantId, { signal: AbortSignal.timeout(waitMaxMs) }).catch(orBusy);
      const thread = free.pop();
      try {
        if (thread === undefined) throw new Error('the gate has more places than there are threads');
        // Those before it in the line may have used up what the tenant has.
        costly.check(account);
        return await askThread(thread, account, question);
      } finally {
        if (thread !== undefined) free.push(thread);
        leave();
      }
    },
    tooCostly,
    gate,
    close() {
      for (const thread of threads) thread.retire();
    },
  };
}

function accountOf(tenantId: string, { kind }: Question): string {
  return kind === 'diff' ? `${tenantId} diffs` : tenantId;
}

const busy = (cause: unknown) => kernelErrors.overloaded({ cause, retryAfter: 1 });

function orBusy(error: unknown): never {
  throw error instanceof DOMException && error.name === 'TimeoutError' ? busy(error) : error;
}
