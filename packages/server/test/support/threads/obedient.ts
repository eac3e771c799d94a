/** A thread that does what the test says. */
import { threadId } from 'node:worker_threads';
import { answerQuestions } from '../../../src/kernel/async/thread-answers.ts';

export type Order = 'answer' | 'environment' | 'spin' | 'throw' | 'exit';

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
    case 'spin':
      for (;;);
    default:
      return order satisfies never;
  }
});
