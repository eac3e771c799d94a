/**
 * Joins questions into few calls: what is asked in one turn of the event loop, or while the calls before still run, is asked
 * together.
 */
import { kernelErrors } from '../errors.ts';

export interface BatchBounds<Question> {
  /** Calls of one lane that run at once. */
  readonly runningMax: number;
  /** 1 for each question unless given. */
  readonly weightOf?: (question: Question) => number;
  /** What the questions of one call weigh at most; a heavier one is asked alone. */
  readonly weightMax: number;
  /** Questions of which one has the same name are not asked in one call. */
  readonly namesOf?: (question: Question) => readonly string[];
  /** Questions of one lane that may wait; one more is refused with 429 `tenant_busy`. */
  readonly waitingMax: number;
}

export interface BatchOptions<Place, Question, Answer> extends BatchBounds<Question> {
  /** Answers the questions of a lane in their order. */
  readonly ask: (place: Place, questions: readonly Question[]) => Promise<readonly Answer[]>;
}

interface Waiting<Question, Answer> {
  readonly question: Question;
  resolve(answer: Answer): void;
  reject(reason: unknown): void;
}

interface Lane<Place, Question, Answer> {
  readonly name: string;
  readonly place: Place;
  readonly waiting: Waiting<Question, Answer>[];
  running: number;
  due: boolean;
}

/**
 * Returns the function that asks in a lane, which `open` describes when it is not there. Every question is put after its
 * asker came, so the answer is as current as if it had been put alone; a failure of a call is that of each of its questions.
 * It rejects with `tenant_busy`, and like `ask`.
 */
export function createBatches<Place, Question, Answer>(
  options: BatchOptions<Place, Question, Answer>,
): (name: string, open: () => Place, question: Question) => Promise<Answer> {
  const { runningMax, waitingMax } = options;
  const lanes = new Map<string, Lane<Place, Question, Answer>>();

  function wake(lane: Lane<Place, Question, Answer>): void {
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

  async function run(lane: Lane<Place, Question, Answer>): Promise<void> {
    const batch = take(lane.waiting, options);
    lane.running += 1;
    wake(lane);
    try {
      const questions = batch.map(({ question }) => question);
      const answers = await options.ask(lane.place, questions);
      if (answers.length !== batch.length) throw new Error('a call has one answer for each question');
      for (const [n, { resolve }] of batch.entries()) resolve(answers[n] as Answer); // there is one for each
    } catch (error) {
      for (const { reject } of batch) reject(error);
    } finally {
      lane.running -= 1;
      wake(lane);
    }
  }

  return (name, open, question) => {
    let lane = lanes.get(name);
    if (lane === undefined) {
      lane = { name, place: open(), waiting: [], running: 0, due: false };
      lanes.set(name, lane);
    }
    const { waiting } = lane;
    if (waiting.length >= waitingMax) return Promise.reject(kernelErrors.tenantBusy({ retryAfter: 1 }));
    const answer = new Promise<Answer>((resolve, reject) => waiting.push({ question, resolve, reject }));
    wake(lane);
    return answer;
  };
}

/** Takes those out that one call may hold, first come, first taken: the very first one at least. */
function take<Question, Answer>(
  waiting: Waiting<Question, Answer>[],
  { weightOf = () => 1, weightMax, namesOf = () => [] }: BatchBounds<Question>,
): Waiting<Question, Answer>[] {
  const taken: Waiting<Question, Answer>[] = [];
  const left: Waiting<Question, Answer>[] = [];
  const names = new Set<string>();
  let weight = 0;
  for (const each of waiting) {
    const own = namesOf(each.question);
    const isFirst = taken.length === 0;
    const isApart = own.every((name) => !names.has(name));
    for (const name of own) names.add(name);
    weight += isApart ? weightOf(each.question) : 0;
    if (isFirst || (isApart && weight <= weightMax)) taken.push(each);
    else left.push(each);
  }
  waiting.splice(0, waiting.length, ...left);
  return taken;
}
