/** Runs in a thread of its own: computes one argon2id tag after the other. */
import { argon2id } from 'hash-wasm';
import { answerQuestions } from '../async/thread-answers.ts';
import type { Argon2Message } from './argon2-derive.ts';

answerQuestions(
  ({ message, nonce, passes, memory, parallelism, tagLength }: Argon2Message): Promise<Uint8Array> =>
    argon2id({
      password: message,
      salt: nonce,
      iterations: passes,
      memorySize: memory,
      parallelism,
      hashLength: tagLength,
      outputType: 'binary',
    }),
);
