/** A thread that does what the test says. */
import { threadId } from 'node:worker_threads';
import { allowCpu, answerQuestions, usedCpuUs } from '../../../src/kernel/async/thread-answers.ts';

export type Order =
  | 'answer'
  | 'environment'
  | 'spin'
  | 'throw'
  | 'exit'
  | 'costly'
  | 'pieces'
  | 'pattern'
  | 'fill'
  | 'spend';

answerQuestions((order: Order) => {
  switch (order) {
    case 'answer':
      return threadId;
    case 'environment':
      return Object.keys(process.env).length;
    case 'throw':
      throw new Error('the thread cannot do that');
    case 'exit':
      return process.exit(3);
    case 'costly':
      allowCpu(40);
      return spinCpu(60_000);
    case 'pattern':
      allowCpu(40);
      return Number(/^(a+)+$/.test(`${'a'.repeat(60)}b`));
    case 'pieces':
      return [1, 2, 3, 4, 5, 6].reduce((sum) => {
        allowCpu(200);
        return sum + spinCpu(50);
      }, 0);
    case 'spend':
      return spinCpu(300);
    case 'fill': {
      const kept: string[][] = [];
      for (;;) kept.push(Array.from({ length: 1_000 }, (_, index) => `${kept.length} ${index}`));
    }
    case 'spin':
      for (;;);
    default:
      return order satisfies never;
  }
});

/** Uses so much CPU time, and returns it. */
function spinCpu(ms: number): number {
  const end = usedCpuUs() + ms * 1_000;
  while (usedCpuUs() < end);
  return ms;
}
