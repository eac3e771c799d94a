/** Tells work that its answer has no use any more. */
import type { ServerResponse } from 'node:http';
import { kernelErrors } from '../kernel/errors.ts';

/** A refusal, so that work that it ends counts as no failure of the server. */
const answerIsOver = kernelErrors.tenantBusy({ detail: 'The caller has left, or has another answer.' });

/** Returns a signal that aborts when the answer is over: written, or broken off because its caller has left. */
export function callerSignal(response: ServerResponse): AbortSignal {
  const over = new AbortController();
  response.once('close', () => over.abort(answerIsOver));
  return over.signal;
}
