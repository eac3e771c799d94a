import { hardCases } from '../../../packages/server/test/support/json-schema-cases.ts';
import type { Suite } from '../../../packages/server/test/support/json-schema-suite.ts';
import type { Engine } from './engines.ts';
import { contentOf, schema } from './sample.ts';

/** Returns how many required cases have the verdict of the suite. */
export async function casesPassed(engine: Engine, { groups, remotes }: Suite): Promise<number> {
  let passed = 0;
  for (const group of groups) {
    const run = await engine.compile(group.schema, remotes).catch(() => undefined);
    for (const { data, valid } of group.tests) if (verdictOf(() => run?.(data)) === valid) passed += 1;
  }
  return passed;
}

/** Returns how many of the cases have their verdict that the suite does not have. */
export async function hardCasesPassed(engine: Engine): Promise<number> {
  let passed = 0;
  for (const [, schema, content, valid] of hardCases) {
    const run = await engine.compile(schema, new Map()).catch(() => undefined);
    if (verdictOf(() => run?.(content)) === valid) passed += 1;
  }
  return passed;
}

function verdictOf(run: () => boolean | undefined): boolean | undefined {
  try {
    return run();
  } catch {
    return undefined;
  }
}

// The clock of CPU time moves in steps of some milliseconds, so sums are measured.
const COMPILATIONS = 100;
const CONTENTS = 5_000;
const REPEATS = 10;

/** Returns the milliseconds of the first compilation in this process by the clock, and of a hundredth of those after it in CPU time. */
export async function compileMs(engine: Engine): Promise<{ readonly first: number; readonly later: number }> {
  const compile = () => engine.compile(schema, new Map());
  const start = performance.now();
  await compile();
  const first = performance.now() - start;
  const later = await cpuMs(async () => {
    for (let times = 0; times < COMPILATIONS; times += 1) await compile();
  });
  return { first, later: later / COMPILATIONS };
}

/** Returns the microseconds of CPU time of a validation, after as many that are not measured. */
export async function validationUs(engine: Engine): Promise<number> {
  const run = await engine.compile(schema, new Map());
  const contents = Array.from({ length: CONTENTS }, (_, index) => contentOf(index));
  const all = async () => {
    for (let times = 0; times < REPEATS; times += 1) {
      if (!contents.every(run)) throw new Error(`${engine.name} refuses a valid content`);
    }
  };
  await all();
  return ((await cpuMs(all)) / (REPEATS * CONTENTS)) * 1_000;
}

async function cpuMs(work: () => Promise<unknown>): Promise<number> {
  const before = process.threadCpuUsage();
  await work();
  const { user, system } = process.threadCpuUsage(before);
  return (user + system) / 1_000;
}
