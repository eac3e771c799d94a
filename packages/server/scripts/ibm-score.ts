/** Fails when the OpenAPI document scores less than 80 of 100 in IBM's validator, and says what costs most. */
import { execFile } from 'node:child_process';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const SCORE_MIN = 80;
const SHOWN_MAX = 8;

interface Report {
  readonly impactScore: {
    readonly categorizedSummary: Readonly<Record<string, number>> & { readonly overall: number };
    readonly scoringData: readonly {
      readonly rule: string;
      readonly count: number;
      readonly demerits: { readonly total: number };
    }[];
  };
}

const document = await readFile(fileURLToPath(new URL('../openapi/openapi.json', import.meta.url)), 'utf8');
const folder = await mkdtemp(join(tmpdir(), 'openapi-'));
const file = join(folder, 'openapi.json');
// One rule wants application/json and counts each answer of each operation, all of which are RFC 9457's media type: it
// would drown every other rule, and it is answered once, here.
await writeFile(file, document.replaceAll('application/problem+json', 'application/json'));

// It ends with 1 whenever a rule of IBM's is broken, some of which contradict the contract: the score decides.
const output = await new Promise<string>((resolve) => {
  execFile('lint-openapi', ['-r', 'default', '-q', '-j', file], { maxBuffer: 2 ** 26 }, (_, out, err) =>
    resolve(out || err),
  );
});

await rm(folder, { recursive: true });
const { categorizedSummary, scoringData } = readReport(output).impactScore;
const { overall, ...parts } = categorizedSummary;
console.log(`IBM validator: ${overall} of 100 ${JSON.stringify(parts)}`);
if (overall < SCORE_MIN) {
  const worst = [...scoringData].sort((a, b) => b.demerits.total - a.demerits.total).slice(0, SHOWN_MAX);
  for (const { rule, count, demerits } of worst) console.error(`  ${rule}: ${count} times, ${demerits.total} demerits`);
  console.error(
    `the score must be at least ${SCORE_MIN}: lint-openapi -r default packages/server/openapi/openapi.json`,
  );
  process.exitCode = 1;
}

function readReport(text: string): Report {
  try {
    return JSON.parse(text) as Report; // the validator's own format
  } catch (cause) {
    throw new Error(`the validator did not answer with a report: ${text.slice(0, 2000)}`, { cause });
  }
}
