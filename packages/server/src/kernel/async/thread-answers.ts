/** The thread's side of `createThread`. */
import { parentPort } from 'node:worker_threads';

/** Tells that the thread is ready, and answers each question with the value that the function returns for it. */
export function answerQuestions<Question, Answer>(answer: (question: Question) => Answer): void {
  parentPort?.on('message', (question: Question) => parentPort?.postMessage(answer(question)));
  parentPort?.postMessage('ready');
}
