/** The return value of calls: a promise of the output that also gives the metadata of the answer. */
import type { Answer } from './calls/answer.ts';

/** A promise of an operation's output. */
export interface Result<Output> extends Promise<Output> {
  /** Resolves to the output in `data`, with its `etag`, the `requestId`, and whether the change was `replayed`. */
  withMeta(): Promise<Answer<Output>>;
}

/** Returns a promise of the answer's output, with the whole answer behind `withMeta`. */
export function resultOf<Output>(answer: Promise<Answer<Output>>): Result<Output> {
  const output = answer.then(({ data }) => data);
  return Object.assign(output, {
    withMeta() {
      // The promise returned here carries a failure; the output's own promise must not report it as unhandled.
      output.catch(() => {});
      return answer.then((each) => each);
    },
  });
}
