import { createJsonSchemas } from '../../packages/server/src/modules/config-schemas/validation/json-schemas.ts';
import { hardCases } from '../../packages/server/test/support/json-schema-cases.ts';
import { REQUIRED_CASES, readSuite, suiteFolder } from '../../packages/server/test/support/json-schema-suite.ts';
import { engines } from './json-schema/engines.ts';
import { casesPassed, compileMs, hardCasesPassed, validationUs } from './json-schema/measure.ts';
import { contentOf, schema } from './json-schema/sample.ts';
import { median, round } from './lib/load.ts';
import { readOptions, wholeNumber } from './lib/options.ts';
import { table, writeResults } from './lib/report.ts';
import { reportFailure, runBench } from './lib/run-bench.ts';

const usage = `Usage: node bench/src/json-schema.ts [options]

Measures the checks of JSON Schema beside three libraries: required cases of the test suite, CPU time of a validation and
of a compilation; and the trial of a new schema on 10,000 contents in the server's threads.
Asserts no figure. Exit codes: 0 measured, 1 failed, 2 usage.`;

const CONTENTS = 10_000;
const rounds = read();

await runBench(600_000, async (stack) => {
  const folder = suiteFolder();
  const suite = folder === undefined ? undefined : readSuite(folder);
  const figures = [];
  for (const engine of engines) {
    const compile = await compileMs(engine);
    const times: number[] = [];
    while (times.length < rounds) times.push(await validationUs(engine));
    const passed = suite === undefined ? null : await casesPassed(engine, suite);
    figures.push({
      engine: engine.name,
      cases_passed: passed,
      hard_cases_passed: await hardCasesPassed(engine),
      validation_us: round(median(times), 1),
      compile_first_ms: round(compile.first, 1),
      compile_ms: round(compile.later, 2),
    });
  }
  const schemas = createJsonSchemas({ clock: () => new Date() });
  stack.defer(() => schemas.close());
  const threads = await measureThreads(schemas);
  const file = await writeResults('json-schema', { settings: { rounds, contents: CONTENTS }, figures, threads });
  const rows = figures.map((each) => [
    each.engine,
    each.cases_passed === null ? 'no suite' : `${each.cases_passed} of ${REQUIRED_CASES}`,
    `${each.hard_cases_passed} of ${hardCases.length}`,
    String(each.validation_us),
    String(each.compile_first_ms),
    String(each.compile_ms),
  ]);
  const head = [
    'engine',
    'required cases',
    'hard cases',
    'µs a validation',
    'ms, first compilation',
    'ms, a later one',
  ];
  process.stdout.write(`${table([head, ...rows])}\n\n`);
  process.stdout.write(`one validation through a thread: ${threads.validation_us} µs\n`);
  process.stdout.write(`trial on ${CONTENTS} contents: ${threads.trial_ms} ms\n\nresults: ${file}\n`);
});

/** Wall times of the server's own functions, threads started. */
async function measureThreads(schemas: ReturnType<typeof createJsonSchemas>) {
  const text = JSON.stringify(schema);
  const contents = Array.from({ length: CONTENTS }, (_, index) => contentOf(index));
  const validate = (content: unknown) => schemas.validate('bench', { schema: text, content });
  await schemas.check('bench', text);
  for (const content of contents.slice(0, 1_000)) await validate(content);
  const single = await wallMs(async () => {
    for (const content of contents.slice(0, 1_000)) await validate(content);
  });
  const trial = await wallMs(async () => {
    for await (const found of schemas.validateEach('bench', { schema: text, contents: [contents] })) {
      if (found.length !== CONTENTS || found.some(({ length }) => length > 0)) throw new Error('a content was refused');
    }
  });
  return { validation_us: round(single, 0), trial_ms: round(trial, 0) };
}

async function wallMs(work: () => Promise<void>): Promise<number> {
  const start = performance.now();
  await work();
  return performance.now() - start;
}

function read(): number {
  try {
    const values = readOptions(usage, { rounds: { help: 'rounds of 50,000 validations, 1 to 50', fallback: '3' } });
    return wholeNumber('rounds', values.rounds, [1, 50]);
  } catch (error) {
    process.exit(reportFailure(error));
  }
}
