/** How many processes PROCESSES asks for, and whether this is one of them. */
import cluster from 'node:cluster';
import { availableParallelism } from 'node:os';
import type { Config } from '../config.ts';

type Wanted = Pick<Config, 'processes' | 'databaseUrl'>;

/** Returns the number of processes; the embedded engine has one. */
export function processesOf({ processes, databaseUrl }: Wanted, cores = availableParallelism()): number {
  if (databaseUrl === undefined) return 1;
  return processes === 'auto' ? cores : processes;
}

/** Whether a supervisor of ours started this process. With PROCESSES=1 somebody else's may have. */
export function isMember({ processes }: Wanted): boolean {
  return cluster.isWorker && processes !== 1;
}
