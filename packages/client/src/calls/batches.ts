/** Joins the questions of one turn of the event loop into few requests. */
import { isRegistryError } from '../errors.ts';

interface Waiting<Question, Answer> {
  readonly question: Question;
  resolve(answer: Answer): void;
  reject(error: unknown): void;
}

/** Resolves to the answers, in the order of the questions. */
export type SendBatch<Question, Answer> = (questions: readonly Question[]) => Promise<readonly Answer[]>;

/**
 * Returns a function that asks one question, in a request with at most `max` others of the same turn. The registry refuses
 * a request as a whole for one question that it does not understand. Then its halves are asked, so that this one alone
 * rejects.
 */
export function inBatches<Question, Answer>(send: SendBatch<Question, Answer>, max: number) {
  let waiting: Waiting<Question, Answer>[] = [];
  const flush = () => {
    const all = waiting;
    waiting = [];
    for (let from = 0; from < all.length; from += max) void settle(send, all.slice(from, from + max));
  };
  return (question: Question): Promise<Answer> =>
    new Promise<Answer>((resolve, reject) => {
      if (waiting.length === 0) atEndOfTurn(flush);
      waiting.push({ question, resolve, reject });
    });
}

async function settle<Question, Answer>(
  send: SendBatch<Question, Answer>,
  batch: readonly Waiting<Question, Answer>[],
): Promise<void> {
  try {
    const answers = await send(batch.map(({ question }) => question));
    for (const [index, { resolve, reject }] of batch.entries()) {
      const answer = answers[index];
      if (answer === undefined) reject(new Error('The registry answered fewer questions than it was asked.'));
      else resolve(answer);
    }
  } catch (error) {
    if (batch.length > 1 && isAboutOneQuestion(error)) {
      const half = Math.ceil(batch.length / 2);
      await Promise.all([settle(send, batch.slice(0, half)), settle(send, batch.slice(half))]);
    } else for (const { reject } of batch) reject(error);
  }
}

function isAboutOneQuestion(error: unknown): boolean {
  return isRegistryError(error) && error.status === 400;
}

/** Calls the work when the requests that arrived together have asked their questions. Browsers have no `setImmediate`. */
function atEndOfTurn(work: () => void): void {
  const { setImmediate } = globalThis as { setImmediate?: (work: () => void) => unknown };
  if (setImmediate === undefined) setTimeout(work, 0);
  else setImmediate(work);
}
