/** A thread for work that would hold up the event loop: one question at a time, and the thread is replaced when one takes too long. */
import { once } from 'node:events';
import { Worker } from 'node:worker_threads';

export interface Thread<Question, Answer> {
  /**
   * Resolves with the answer of the thread, which starts with the first question. One question at a time: a gate with one
   * place stands in front. Rejects with `ThreadTimeout` when the answer takes too long, and with the error of a thread that
   * ends before it answers; the next question then starts another thread.
   */
  ask(question: Question): Promise<Answer>;
  /** Ends the thread when it has answered. A question that is asked later starts a thread for that question alone. */
  retire(): void;
}

export interface ThreadOptions {
  /** From the moment at which the thread is ready. */
  readonly timeoutMs: number;
  readonly memoryMaxMb: number;
}

/** Thrown when a thread was ended because its answer took too long. */
export class ThreadTimeout extends Error {
  constructor(timeoutMs: number) {
    super(`the thread did not answer within ${timeoutMs} ms`);
    this.name = 'ThreadTimeout';
  }
}

/** Prepares a thread that runs the module; the module calls `answerQuestions`. It does not keep the process alive. */
export function createThread<Question, Answer>(
  module: URL,
  { timeoutMs, memoryMaxMb }: ThreadOptions,
): Thread<Question, Answer> {
  let current: Worker | undefined;
  let busy = false;
  let retired = false;
  async function started(): Promise<Worker> {
    if (current !== undefined) return current;
    // The thread needs nothing of the environment, which has secrets in it.
    const worker = new Worker(module, {
      env: {},
      execArgv: [],
      resourceLimits: { maxOldGenerationSizeMb: memoryMaxMb },
    });
    worker.unref();
    // An error while no question is open must not end the process; `exit` follows it.
    worker.on('error', () => {});
    const exited = once(worker, 'exit').then(([code]) => {
      if (current === worker) current = undefined;
      throw new Error(`the thread ended with ${code} before it was ready`);
    });
    exited.catch(() => {});
    current = worker;
    await Promise.race([once(worker, 'message'), exited]); // the message says that it is ready
    return worker;
  }
  function end(): void {
    void current?.terminate();
    current = undefined;
  }
  return {
    async ask(question) {
      if (busy) throw new Error('a thread was asked a second question before it had answered the first one');
      busy = true;
      try {
        const worker = await started();
        return await answerOf<Answer>(worker, question, timeoutMs);
      } catch (error) {
        end();
        throw error;
      } finally {
        busy = false;
        if (retired) end();
      }
    },
    retire() {
      retired = true;
      if (!busy) end();
    },
  };
}

function answerOf<Answer>(worker: Worker, question: unknown, timeoutMs: number): Promise<Answer> {
  return new Promise((resolve, reject) => {
    // An answer that came while this thread was held up is read before the time counts as over.
    const timer = setTimeout(() => setImmediate(() => settle(() => reject(new ThreadTimeout(timeoutMs)))), timeoutMs);
    const answered = (answer: Answer) => settle(() => resolve(answer));
    const failed = (error: unknown) => settle(() => reject(error));
    const exited = (code: number) => settle(() => reject(new Error(`the thread ended with ${code}`)));
    function settle(outcome: () => void): void {
      clearTimeout(timer);
      worker.off('message', answered).off('error', failed).off('exit', exited);
      outcome();
    }
    worker.on('message', answered).on('error', failed).on('exit', exited);
    worker.postMessage(question);
  });
}
