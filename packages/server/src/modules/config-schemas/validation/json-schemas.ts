/** JSON Schema of draft 2020-12 for callers that nobody trusts: every piece of work is bounded in CPU time, memory and places. */
import type { Clock } from '../../../kernel/clock.ts';
import { DomainError, kernelErrors } from '../../../kernel/errors.ts';
import type { Gate } from '../../../kernel/gate.ts';
import { configSchemaErrors } from '../errors.ts';
import type { JsonSchemas, Mistake, PatchOperation } from '../port.ts';
import type { Json } from './engine/json.ts';
import { createValidationThreads } from './validation-threads.ts';

export interface JsonSchemasOptions {
  readonly clock: Clock;
  /** Milliseconds of wall time for the turn to come, and for the answer; 5,000 unless given. */
  readonly waitMaxMs?: number;
}

/** Contents of one batch, and their characters: a thread has 64 MiB. */
const BATCH_MAX = 200;
const BATCH_CHARACTERS_MAX = 524_288;

/** Prepares the schemas; the threads start with the first question. The gate is for metrics. */
export function createJsonSchemas({
  clock,
  waitMaxMs = 5_000,
}: JsonSchemasOptions): JsonSchemas & { readonly gate: Gate } {
  const threads = createValidationThreads({ clock, waitMaxMs });

  async function verdicts(tenantId: string, schema: string, contents: readonly string[]) {
    const answer = await threads.ask(tenantId, { kind: 'validate', schema, contents });
    if (answer.kind === 'unusable') throw schemaInvalid(answer.mistakes);
    return answer.kind === 'verdicts' ? answer.mistakes : [];
  }

  /** The text of a value. What is nested too deeply for it is too costly. */
  function textOf(tenantId: string, value: unknown): string {
    try {
      return JSON.stringify(value);
    } catch (error) {
      throw error instanceof RangeError ? threads.tooCostly(tenantId, error) : error;
    }
  }

  return {
    async check(tenantId, schema) {
      const answer = await threads.ask(tenantId, { kind: 'check', schema });
      if (answer.kind === 'unusable') throw schemaInvalid(answer.mistakes);
    },
    async validate(tenantId, { schema, content }) {
      const [mistakes = []] = await verdicts(tenantId, schema, [textOf(tenantId, content)]);
      return mistakes;
    },
    async *validateEach(tenantId, { schema, contents }) {
      for await (const list of contents) {
        const found: (readonly Mistake[])[] = [];
        for (const batch of batchesOf(list, (content) => textOf(tenantId, content))) {
          // A turn of the thread may end before the batch does.
          for (let rest = batch; rest.length > 0; ) {
            const some = await verdicts(tenantId, schema, rest);
            found.push(...some);
            rest = rest.slice(some.length);
          }
        }
        yield found;
      }
    },
    async diff(tenantId, from, to) {
      const whole: PatchOperation[] = [{ op: 'replace', path: '', value: to as Json }];
      try {
        const question = { kind: 'diff', from: JSON.stringify(from), to: JSON.stringify(to) } as const;
        const answer = await threads.ask(tenantId, question);
        return answer.kind === 'patch' ? answer.operations : whole;
      } catch (error) {
        // What is nested too deeply for a text is a RangeError.
        if (error instanceof RangeError || isUnaffordable(error)) return whole;
        throw error;
      }
    },
    gate: threads.gate,
    close: threads.close,
  };
}

function* batchesOf(contents: readonly unknown[], textOf: (content: unknown) => string): Generator<readonly string[]> {
  let batch: string[] = [];
  let characters = 0;
  for (const content of contents) {
    const text = textOf(content);
    batch.push(text);
    characters += text.length;
    if (batch.length < BATCH_MAX && characters < BATCH_CHARACTERS_MAX) continue;
    yield batch;
    batch = [];
    characters = 0;
  }
  if (batch.length > 0) yield batch;
}

function schemaInvalid(mistakes: readonly Mistake[]): Error {
  const errors = mistakes.map(({ pointer, message }) => ({
    pointer: `/content${pointer}`,
    in: 'body' as const,
    message,
  }));
  return configSchemaErrors.schemaInvalid({ errors });
}

/** Tells whether work is too costly, or was too often. */
function isUnaffordable(error: unknown): boolean {
  const { definition } = error instanceof DomainError ? error : {};
  return (
    definition === configSchemaErrors.validationTooCostly.definition ||
    definition === kernelErrors.rateLimited.definition
  );
}
