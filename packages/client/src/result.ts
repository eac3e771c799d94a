/** What calls return: the promise of the output, which can also tell what the registry says about it. */
import type { Answer } from './calls/answer.ts';

/** The promise of an operation's output. */
export interface Result<Output> extends Promise<Output> {
  /** Resolves to the output in `data`, with its `etag`, the `requestId`, and whether the change was `replayed`. */
  withMeta(): Promise<Answer<Output>>;
}

/** Returns the promise of the output alone, which can be asked for the rest of the answer. */
export function resultOf<Output>(answer: Promise<Answer<Output>>): Result<Output> {
  const output = answer.then(({ data }) => data);
  return Object.assign(output, {
    withMeta() {
      // Whoever asks this way has the failure from here.
      output.catch(() => {});
      return answer.then((each) => each);
    },
  });
}
