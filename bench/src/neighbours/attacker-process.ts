import { fork } from 'node:child_process';
import { once } from 'node:events';
import { setPriority } from 'node:os';
import { fileURLToPath } from 'node:url';
import type { Order, Report, Tally, Target } from './orders.ts';

/** An attacker sits on a machine of its own: here it takes the processors only where nobody in the service wants them. */
const NICENESS = 10;
const ANSWER_WITHIN_MS = 60_000;

export interface Attacker {
  /** Makes what the attack needs; resolves with what that is. */
  prepare(target: Target): Promise<string>;
  attack(): void;
  /** Resolves once nothing of the attack is under way, with all answers since the beginning. */
  stop(): Promise<Tally>;
}

/** Starts the attacker's process, which ends when `stack` is disposed or this process ends. */
export function startAttacker(stack: AsyncDisposableStack): Attacker {
  const child = fork(fileURLToPath(new URL('./attacker.ts', import.meta.url)), {
    stdio: ['ignore', 'inherit', 'inherit', 'ipc'],
  });
  if (child.pid !== undefined) setPriority(child.pid, NICENESS);
  stack.defer(async () => {
    if (child.exitCode !== null || child.signalCode !== null) return;
    const exited = once(child, 'exit');
    child.kill('SIGKILL'); // it has nothing to tidy up
    await exited;
  });
  const ask = async (order: Order): Promise<Report> => {
    const answer = once(child, 'message', { signal: AbortSignal.timeout(ANSWER_WITHIN_MS) });
    child.send(order);
    const [report]: Report[] = await answer;
    if (report === undefined || report.kind === 'failed') throw new Error(`the attacker: ${report?.message}`);
    return report;
  };
  return {
    async prepare(target) {
      const report = await ask({ kind: 'prepare', target });
      return report.kind === 'prepared' ? report.note : '';
    },
    attack: () => void child.send({ kind: 'attack' } satisfies Order),
    async stop() {
      const report = await ask({ kind: 'stop' });
      return report.kind === 'stopped' ? report.tally : {};
    },
  };
}
