/** Runs in a thread of its own: reads one document after the other. */
import { answerQuestions } from '../../../kernel/async/thread-answers.ts';
import { readSamlMetadata } from './read.ts';

answerQuestions(readSamlMetadata);
