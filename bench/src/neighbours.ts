import { availableParallelism, loadavg } from 'node:os';
import { openDatabaseServer } from './lib/databases.ts';
import { readOptions, wholeNumber } from './lib/options.ts';
import { table, writeResults } from './lib/report.ts';
import { reportFailure, runBench, UsageError } from './lib/run-bench.ts';
import { attacks } from './neighbours/attacks.ts';
import { type AttackName, attackNames } from './neighbours/orders.ts';
import { type Outcome, runAttack } from './neighbours/run-attack.ts';
import { type Figures, GOALS, judge, type Line, type Verdict } from './neighbours/verdict.ts';

const usage = `Usage: node bench/src/neighbours.ts [options]

One tenant, inside its limits, does its worst; meanwhile another tenant's keys are verified and it reads its own list.
Each attack has a server and a database of its own, quiet and attacked stretches take turns, traffic stays on loopback.
Goal: no errors, verification p99 at most ${GOALS.verification_p99_ratio} × quiet, memory at most ${GOALS.memory_growth_mib} MiB above quiet.
PostgreSQL: the server in DATABASE_URL (of a role that may create databases), else a throwaway one.

${attackNames.map((name) => `  ${name}  ${attacks[name].title}`).join('\n')}

Exit codes: 0 every goal met, 1 one missed or something failed, 2 usage.`;

const ATTACK_LIMIT_MS = 240_000;
/** Above this load before the first attack, the figures tell of other work on the machine. */
const BUSY = 0.5;
const options = read();

await runBench(options.names.length * ATTACK_LIMIT_MS + 60_000, async (stack) => {
  const databases = await openDatabaseServer(stack);
  const results: Record<string, object> = {};
  const failed: string[] = [];
  print(`${availableParallelism()} processors, load ${load()}; PostgreSQL ${databases.about['server_version']}`);
  if ((loadavg()[0] ?? 0) > BUSY) print('the machine is busy with other work: the quiet figures are not quiet');
  for (const attack of options.names) {
    const outcome = await runAttack({ databases, attack, resolverAddress: options.dns }, options);
    const verdict = judge(attack, outcome);
    if (verdict.missed.length > 0) failed.push(attack);
    print(`\n${describe(attack, outcome, verdict)}`);
    const { rounds, ...rest } = outcome;
    results[attack] = { ...rest, rounds: rounds.length, ...verdict, load_average: load() };
  }
  const { rounds, seconds } = options;
  const settings = { rounds, seconds };
  const file = await writeResults('neighbours', {
    settings,
    goals: GOALS,
    postgres: databases.about,
    attacks: results,
  });
  print(`\nload at the end ${load()}\nresults: ${file}`);
  if (failed.length > 0) throw new Error(`the goal is missed by ${failed.join(', ')}`);
});

function print(text: string): void {
  process.stdout.write(`${text}\n`);
}

function load(): string {
  return loadavg()
    .map((each) => each.toFixed(1))
    .join(' ');
}

function describe(
  attack: AttackName,
  { note, tally, memory, rounds, names }: Outcome,
  { lines, missed }: Verdict,
): string {
  const head = ['the victim', 'quiet p50', 'p99 ms', 'errors', 'attacked p50', 'p99 ms', 'errors', 'p99 / quiet'];
  const answers = Object.entries(tally).map(([status, count]) => `${count} × ${status === '0' ? 'none' : status}`);
  return [
    `${attack}: ${attacks[attack].title} (${rounds.length} rounds)`,
    table([head, ...lines.map(rowOf)]),
    ...lines.flatMap(kindsOf),
    `attacker  prepared: ${note}; answers: ${answers.join(', ')}${attack === 'F2' ? `; names asked for: ${names}` : ''}`,
    `memory    ${memory.quiet ?? '?'} MiB in quiet, ${memory.peak ?? '?'} MiB at most`,
    `verdict   ${missed.length === 0 ? 'met' : `missed: ${missed.join('; ')}`}`,
  ].join('\n');
}

function rowOf({ what, quiet, attacked, ratio }: Line): string[] {
  const cells = ({ p50_ms, p99_ms, errors }: Figures) => [p50_ms, p99_ms].map(shown).concat(String(errors));
  return [what, ...cells(quiet), ...cells(attacked), shown(ratio)];
}

function kindsOf({ what, attacked: { error_kinds } }: Line): string[] {
  const kinds = Object.entries(error_kinds).map(([kind, count]) => `${count} × ${kind}`);
  return kinds.length === 0 ? [] : [`errors    ${what}: ${kinds.join(', ')}`];
}

function shown(value: number | null): string {
  return value === null ? '–' : value.toFixed(2);
}

function read() {
  try {
    const values = readOptions(usage, {
      attack: { help: 'comma-separated names', fallback: attackNames.join(',') },
      rounds: { help: 'rounds of each attack, 1 to 20', fallback: '3' },
      seconds: { help: 'seconds of each quiet and each attacked stretch, 1 to 60', fallback: '3' },
      dns: { help: 'loopback address and port of the resolver that stays silent', fallback: '127.0.0.1:0' },
    });
    const wanted = values.attack.split(',');
    const unknown = wanted.find((name) => !attackNames.some((known) => known === name));
    if (unknown !== undefined) throw new UsageError(`--attack: "${unknown}" is none of ${attackNames.join(', ')}`);
    if (!/^127(\.\d{1,3}){3}:\d{1,5}$/.test(values.dns))
      throw new UsageError(`--dns must be a loopback address with a port, not "${values.dns}"`);
    return {
      names: attackNames.filter((name) => wanted.includes(name)),
      rounds: wholeNumber('rounds', values.rounds, [1, 20]),
      seconds: wholeNumber('seconds', values.seconds, [1, 60]),
      dns: values.dns,
    };
  } catch (error) {
    process.exit(reportFailure(error));
  }
}
