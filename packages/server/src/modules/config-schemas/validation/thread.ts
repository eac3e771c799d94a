/** Runs in a thread of its own, without network, files or environment. */
import { allowCpu, answerQuestions, usedCpuUs } from '../../../kernel/async/thread-answers.ts';
import { createAnswer } from './answer.ts';

answerQuestions(createAnswer({ allowCpu, usedCpuUs }));
