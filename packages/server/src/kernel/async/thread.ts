/** A thread for work that would hold up the event loop: one question at a time, and the thread is replaced when one takes too long. */
import { once } from 'node:events';
import { Worker } from 'node:worker_threads';

/** How often the CPU time of a thread is looked at while it has a question. */
const CPU_LOOK_MS = 20;

export interface Thread<Question, Answer> {
  /**
   * Resolves with the answer of the thread, which starts with the first question. One question at a time: a gate with one
   * place stands in front. Rejects with `ThreadTimeout` when the answer takes too long, with `ThreadTooCostly` when the
   * thread needs more memory than it may have or more CPU time than it asked for with `allowCpu`, and with the error of a
   * thread that ends before it answers; the next question then starts another thread.
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

/** Thrown when a thread was ended because the question cost too much CPU time or memory. */
export class ThreadTooCostly extends Error {
  constructor(what: 'CPU time' | 'memory') {
    super(`the thread needed more ${what} than it may have`);
    this.name = 'ThreadTooCostly';
  }
}

/** A thread that runs, and the CPU time, in microseconds, at which it is to be ended. */
interface Running {
  readonly worker: Worker;
  readonly cpuEnd: BigInt64Array;
}

/** Prepares a thread that runs the module; the module calls `answerQuestions`. It does not keep the process alive. */
export function createThread<Question, Answer>(
  module: URL,
  { timeoutMs, memoryMaxMb }: ThreadOptions,
): Thread<Question, Answer> {
  let current: Running | undefined;
  let busy = false;
  let retired = false;
  async function started(): Promise<Running> {
    if (current !== undefined) return current;
    // The thread needs nothing of the environment, which has secrets in it.
    const cpuEnd = new BigInt64Array(new SharedArrayBuffer(BigInt64Array.BYTES_PER_ELEMENT));
    const worker = new Worker(module, {
      env: {},
      execArgv: [],
      resourceLimits: { maxOldGenerationSizeMb: memoryMaxMb },
      workerData: { cpuEnd },
    });
    const running = { worker, cpuEnd };
    worker.unref();
    // An error while no question is open must not end the process; `exit` follows it.
    worker.on('error', () => {});
    const exited = once(worker, 'exit').then(([code]) => {
      if (current === running) current = undefined;
      throw new Error(`the thread ended with ${code} before it was ready`);
    });
    exited.catch(() => {});
    current = running;
    await Promise.race([once(worker, 'message'), exited]); // the message says that it is ready
    return running;
  }
  function end(): void {
    void current?.worker.terminate();
    current = undefined;
  }
  return {
    async ask(question) {
      if (busy) throw new Error('a thread was asked a second question before it had answered the first one');
      busy = true;
      try {
        return await answerOf<Answer>(await started(), question, timeoutMs);
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

function answerOf<Answer>(running: Running, question: unknown, timeoutMs: number): Promise<Answer> {
  const { worker } = running;
  return new Promise((resolve, reject) => {
    // An answer that came while this thread was held up is read before the time counts as over.
    const fail = (error: unknown) => settle(() => reject(error));
    const timer = setTimeout(() => setImmediate(fail, new ThreadTimeout(timeoutMs)), timeoutMs);
    const stopLooking = lookAtCpu(running, () => setImmediate(fail, new ThreadTooCostly('CPU time')));
    const answered = (answer: Answer) => settle(() => resolve(answer));
    const failed = (error: unknown) => fail(isOutOfMemory(error) ? new ThreadTooCostly('memory') : error);
    const exited = (code: number) => fail(new Error(`the thread ended with ${code}`));
    function settle(outcome: () => void): void {
      clearTimeout(timer);
      stopLooking();
      worker.off('message', answered).off('error', failed).off('exit', exited);
      outcome();
    }
    worker.on('message', answered).on('error', failed).on('exit', exited);
    try {
      worker.postMessage(question);
    } catch (error) {
      fail(error); // a value that cannot be sent
    }
  });
}

/** Calls the function when the thread has used the CPU time that it may use. Returns what ends the looking. */
function lookAtCpu({ worker, cpuEnd }: Running, tooCostly: () => void): () => void {
  const timer = setInterval(async () => {
    // It answers while a regular expression runs, and fails for a thread that has ended.
    const used = await usedCpuUs(worker).catch(() => undefined);
    // Read after the time: the bound of a later piece of work is higher, so no piece ends another one's thread.
    if (used !== undefined && used > Atomics.load(cpuEnd, 0)) tooCostly();
  }, CPU_LOOK_MS);
  return () => clearInterval(timer);
}

/** The same measure as `usedCpuUs` of the thread itself, in microseconds. */
async function usedCpuUs(worker: Worker): Promise<number> {
  if (worker.cpuUsage === undefined) return Math.ceil(worker.performance.eventLoopUtilization().active * 1_000);
  const { user, system } = await worker.cpuUsage();
  return user + system;
}

function isOutOfMemory(error: unknown): boolean {
  return error instanceof Error && 'code' in error && error.code === 'ERR_WORKER_OUT_OF_MEMORY';
}
