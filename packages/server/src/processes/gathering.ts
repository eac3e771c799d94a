/** Brings the figures of all processes together, so that no counter falls when one of them ends or hangs. */
import { figuresOf, growing, together } from '../kernel/metrics/across.ts';
import type { Figures, Gathered } from '../kernel/process-group.ts';

const ANSWER_MS = 1_000;
/** Ended processes whose figures are kept apart. */
const PAST_MAX = 8;

/** A process that can be asked. */
export interface Asked {
  readonly process: number;
  ask(question: number): void;
}

export interface Gathering {
  /** Resolves with what there is besides the figures of the one that asks, which are `own`. */
  gather(asker: Asked, own: Figures, others: readonly Asked[]): Promise<Omit<Gathered, 'restarts'>>;
  /** The process has told its figures: as an answer, or with its last word. */
  told(by: Asked, figures: Figures, question?: number): void;
  /** The process has ended: what it counted counts on. */
  ended(asked: Asked): void;
}

/** Makes one. */
export function createGathering(): Gathering {
  let questions = 0;
  /** What was last told; the next sum must not be below it. */
  const known = new Map<Asked, Figures>();
  const waiting = new Map<number, (by: Asked, figures: Figures) => void>();
  /** What ended processes have counted. */
  let past: readonly Figures[] = [];
  return {
    async gather(asker, own, others) {
      known.set(asker, own);
      questions += 1;
      const question = questions;
      const before = past;
      const told = new Map<Asked, Figures>();
      await new Promise<void>((resolve) => {
        const timer = setTimeout(resolve, ANSWER_MS);
        const end = () => {
          if (told.size < others.length) return;
          clearTimeout(timer);
          resolve();
        };
        waiting.set(question, (by, figures) => {
          told.set(by, figures);
          end();
        });
        for (const other of others) other.ask(question);
        end();
      });
      waiting.delete(question);
      const silent = others.filter((other) => !told.has(other));
      const last = silent.map((other) => growing(known.get(other) ?? []));
      return { figures: [...before, ...told.values(), ...last], silent: silent.map(({ process }) => process) };
    },
    told(by, figures, question) {
      known.set(by, figures);
      if (question !== undefined) waiting.get(question)?.(by, figures);
    },
    ended(asked) {
      const last = growing(known.get(asked) ?? []);
      known.delete(asked);
      past = [...past, last];
      for (const answer of waiting.values()) answer(asked, last);
      void shorten();
    },
  };

  async function shorten(): Promise<void> {
    const taken = past;
    if (taken.length < PAST_MAX) return;
    const sum = await figuresOf(together(taken), '');
    if (past.slice(0, taken.length).every((figures, index) => figures === taken[index]))
      past = [sum, ...past.slice(taken.length)];
  }
}
