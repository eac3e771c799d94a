/** The thread's side of `createThread`. */
import { parentPort, workerData } from 'node:worker_threads';

/** No bound. */
const NEVER = 2n ** 63n - 1n;

/** Written here, read by the side that asks: the CPU time of this thread, in microseconds, at which it is ended. */
const cpuEnd: BigInt64Array = workerData?.cpuEnd ?? new BigInt64Array(1);

/**
 * Tells that the thread is ready, and answers each question with the value that the function returns for it. What the
 * function asked `allowCpu` for ends with its answer.
 */
export function answerQuestions<Question, Answer>(answer: (question: Question) => Answer | Promise<Answer>): void {
  Atomics.store(cpuEnd, 0, NEVER);
  parentPort?.on('message', async (question: Question) => {
    const answered = await answer(question);
    Atomics.store(cpuEnd, 0, NEVER);
    parentPort?.postMessage(answered);
  });
  parentPort?.postMessage('ready');
}

/** Bounds the work that follows to so much CPU time of this thread. Beyond it the thread is ended with `ThreadTooCostly`. */
export function allowCpu(ms: number): void {
  Atomics.store(cpuEnd, 0, BigInt(usedCpuUs() + ms * 1_000));
}

/** The CPU time that this thread has used, in microseconds. */
export function usedCpuUs(): number {
  // Before Node 23.9: the time in which this thread was not idle, which is not less.
  if (process.threadCpuUsage === undefined) return Math.ceil(performance.eventLoopUtilization().active * 1_000);
  const { user, system } = process.threadCpuUsage();
  return user + system;
}
