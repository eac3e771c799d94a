/**
 * Joins questions of callers that see the same of the database into one statement or transaction: what is asked in one turn
 * of the event loop, or while the one before still runs.
 */
import type { Db } from '@tenant-registry/db';
import type { ActorContext } from './context.ts';
import { kernelErrors } from './errors.ts';

export interface BatchOptions<Question, Answer> {
  /** Answers the questions in their order. The handle sees what each of the askers may see, and nothing else. */
  readonly ask: (db: Db, questions: readonly Question[]) => Promise<readonly Answer[]>;
  /** Questions with different names are never asked together. */
  readonly laneOf?: (question: Question) => string;
  /** Batches of one lane that run at once. */
  readonly runningMax: number;
  readonly weightOf?: (question: Question) => number;
  /** What one batch weighs at most; a heavier question is asked alone. */
  readonly weightMax: number;
  /** Questions of one lane that may wait; one more is refused with 429 `tenant_busy`. */
  readonly waitingMax: number;
}

type Asker = Pick<ActorContext, 'actor' | 'root' | 'forTenant'>;

interface Waiting<Question, Answer> {
  readonly question: Question;
  resolve(answer: Answer): void;
  reject(reason: unknown): void;
}

interface Lane<Question, Answer> {
  readonly name: string;
  readonly db: Db;
  readonly waiting: Waiting<Question, Answer>[];
  running: number;
  due: boolean;
}

/**
 * Returns the function that asks. Every question is put after its asker came, so the answer is as current as if it had been
 * put alone; a failure of a batch is that of each of its questions. It rejects with `tenant_busy`, and like `ask`.
 */
export function batchedByReach<Question, Answer>(
  options: BatchOptions<Question, Answer>,
): (asker: Asker, question: Question) => Promise<Answer> {
  const { laneOf = () => '', runningMax, waitingMax } = options;
  const lanes = new Map<string, Lane<Question, Answer>>();

  function laneFor({ actor: { tenant_id, project_id }, root, forTenant }: Asker, question: Question) {
    const name = `${tenant_id ?? ''}/${project_id ?? ''}/${laneOf(question)}`;
    const known = lanes.get(name);
    if (known !== undefined) return known;
    const db = tenant_id === null ? root : forTenant({ tenant_id, project_id });
    const lane: Lane<Question, Answer> = { name, db, waiting: [], running: 0, due: false };
    lanes.set(name, lane);
    return lane;
  }

  function wake(lane: Lane<Question, Answer>): void {
    if (lane.due || lane.running >= runningMax) return;
    if (lane.waiting.length === 0) {
      if (lane.running === 0) lanes.delete(lane.name);
      return;
    }
    lane.due = true;
    setImmediate(() => {
      lane.due = false;
      void run(lane);
    });
  }

  async function run(lane: Lane<Question, Answer>): Promise<void> {
    const batch = take(lane.waiting, options);
    lane.running += 1;
    wake(lane);
    try {
      const answers = await options.ask(
        lane.db,
        batch.map(({ question }) => question),
      );
      if (answers.length !== batch.length) throw new Error('a batch has one answer for each question');
      // biome-ignore lint/style/noNonNullAssertion: there is one for each
      for (const [n, { resolve }] of batch.entries()) resolve(answers[n]!);
    } catch (error) {
      for (const { reject } of batch) reject(error);
    } finally {
      lane.running -= 1;
      wake(lane);
    }
  }

  return (asker, question) => {
    const lane = laneFor(asker, question);
    if (lane.waiting.length >= waitingMax) return Promise.reject(kernelErrors.tenantBusy({ retryAfter: 1 }));
    return new Promise((resolve, reject) => {
      lane.waiting.push({ question, resolve, reject });
      wake(lane);
    });
  };
}

/** Takes those off the front that one batch may hold: one at least. */
function take<Question, Answer>(
  waiting: Waiting<Question, Answer>[],
  { weightOf = () => 1, weightMax }: Pick<BatchOptions<Question, Answer>, 'weightOf' | 'weightMax'>,
): Waiting<Question, Answer>[] {
  let weight = 0;
  const end = waiting.findIndex(({ question }, n) => {
    weight += weightOf(question);
    return n > 0 && weight > weightMax;
  });
  return waiting.splice(0, end === -1 ? waiting.length : end);
}
