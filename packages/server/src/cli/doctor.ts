/** The command `doctor`. What it needs is loaded when it is called. */
import { UsageError } from '@tenant-registry/db';
import { Command } from 'commander';
import type { Finding } from './doctor/verdict.ts';

interface Options {
  readonly timeout: string;
  readonly json?: boolean;
}

const HELP = `
One line for each check: ok, warning, failed or skipped, and what to do about it. It changes nothing, and tells no secret.
Exit codes: 0 no check failed (warnings may be there); 1 a check failed; 2 the call was wrong.`;

const SECONDS_MAX = 60;

/** Says of everything that the registry needs whether it is there, and what to do where it is not. */
export function doctorCommand(): Command {
  return new Command('doctor')
    .description('check the environment, the database and its user, the clocks, the keys, etcd and NATS')
    .option('--timeout <seconds>', `how long a check may take, 1 to ${SECONDS_MAX}`, '10')
    .option('--json', 'print one JSON object')
    .addHelpText('after', HELP)
    .action(async ({ timeout, json = false }: Options) => {
      const limitMs = limitOf(timeout);
      const { examine } = await import('./doctor/examine.ts');
      const checks: Finding[] = [];
      await examine({
        limitMs,
        found(finding) {
          checks.push(finding);
          if (!json) console.log(lineOf(finding));
        },
      });
      const failures = checks.filter(({ status }) => status === 'failed').length;
      if (json) console.log(JSON.stringify({ ok: failures === 0, checks }));
      if (failures > 0) throw new Error(`${failures === 1 ? 'a check' : `${failures} checks`} failed`);
    });
}

function limitOf(text: string): number {
  const seconds = Number(text);
  if (Number.isInteger(seconds) && seconds >= 1 && seconds <= SECONDS_MAX) return seconds * 1_000;
  throw new UsageError(`--timeout ${text}: it must be a whole number of seconds, 1 to ${SECONDS_MAX}`);
}

function lineOf({ check, status, message, advice }: Finding): string {
  const line = `${status.padEnd(8)} ${check.padEnd(16)} ${message}`;
  return (advice === null ? line : `${line}. To do: ${advice}`).replaceAll(/\s*\n\s*/g, ' ');
}
