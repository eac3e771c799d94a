/** The work of a thread. */
import { createCompiledSchemas } from './compiled-schemas.ts';
import { TooDeep } from './engine/apply.ts';
import type { Validate } from './engine/compile.ts';
import type { Mistake } from './engine/pointers.ts';
import { diff } from './patch.ts';
import type { Answer, Question } from './questions.ts';

/** Bounds of CPU time, in milliseconds. */
const COMPILE_MAX_MS = 500;
const VALIDATION_MAX_MS = 50;
const DIFF_MAX_MS = 200;

/** CPU time after which a turn ends, so that others get the thread. */
const TURN_MS = 50;

export interface Meter {
  /** Bounds the work that follows. */
  allowCpu(ms: number): void;
  /** In microseconds. */
  usedCpuUs(): number;
}

/** Makes the function that answers questions, with a memory of compiled schemas. */
export function createAnswer({ allowCpu, usedCpuUs }: Meter): (question: Question) => Answer {
  const compiled = createCompiledSchemas();

  function answer(question: Question): Answer {
    if (question.kind === 'diff') {
      allowCpu(DIFF_MAX_MS);
      return { kind: 'patch', operations: diff(JSON.parse(question.from), JSON.parse(question.to)) };
    }
    allowCpu(COMPILE_MAX_MS);
    const schema = compiled(question.schema);
    if ('mistakes' in schema) return { kind: 'unusable', mistakes: schema.mistakes };
    if (question.kind === 'check') return { kind: 'usable' };
    return { kind: 'verdicts', mistakes: validateTurn(schema.validate, question.contents) };
  }

  function validateTurn(validate: Validate, contents: readonly string[]): Mistake[][] {
    const start = usedCpuUs();
    const verdicts: Mistake[][] = [];
    for (const content of contents) {
      allowCpu(VALIDATION_MAX_MS);
      verdicts.push(validate(JSON.parse(content)));
      if (usedCpuUs() - start > TURN_MS * 1_000) break;
    }
    return verdicts;
  }

  return (question) => {
    try {
      return answer(question);
    } catch (error) {
      // The stack does not suffice for what is nested so deeply.
      if (error instanceof TooDeep || error instanceof RangeError) return { kind: 'too_costly' };
      throw error;
    }
  };
}
