/**
 * Ends every process that works inside the folder of its argument, and removes the folder, when its standard input ends: also
 * after the bench was killed. Patroni's PostgreSQL is no child of the bench, so its pids are looked for (Linux alone).
 */
import { once } from 'node:events';
import { rmSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { processesIn } from './processes-in.ts';

const [directory] = process.argv.slice(2);
if (directory === undefined) throw new Error('the folder is missing');
await once(process.stdin.resume(), 'end');
for (let attempt = 0; attempt < 50; attempt += 1) {
  const pids = processesIn(directory);
  if (pids.length === 0) break;
  for (const pid of pids) {
    try {
      process.kill(pid, 'SIGKILL');
    } catch {
      // It has ended meanwhile.
    }
  }
  await sleep(100);
}
rmSync(directory, { recursive: true, force: true, maxRetries: 5 });
