/** Disturbances of replicas and their database at work. Each goes on until its signal aborts. */
import type { ChildProcess } from 'node:child_process';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Db } from '@tenant-registry/db';
import { sql } from 'kysely';
import type { Link } from './link.ts';

export type Disturbance = (signal: AbortSignal) => Promise<void>;

/** Ends the connections on which replicas listen: what is told meanwhile is lost. */
export function killListeners(db: Db): Disturbance {
  return repeat(150, async () => {
    await sql`select pg_terminate_backend(pid) from pg_stat_activity
      where datname = current_database() and application_name like '%-listener'`.execute(db);
  });
}

/** Cuts the link for longer than a lease, and restores it. */
export function cutLink(link: Link, leaseMs: number): Disturbance {
  return repeat(leaseMs, async () => {
    await link.cut();
    await sleep(leaseMs * 1.5);
    link.restore();
  });
}

/** The link takes everything and hands nothing on, for longer than a lease. */
export function silenceLink(link: Link, leaseMs: number): Disturbance {
  return repeat(leaseMs, async () => {
    link.silence();
    await sleep(leaseMs * 1.5);
  });
}

/** Stops the process in the middle of its work, for longer than a lease, and lets it continue. */
export function freeze(child: ChildProcess, leaseMs: number): Disturbance {
  return repeat(leaseMs, async () => {
    child.kill('SIGSTOP');
    await sleep(leaseMs * 1.5);
    child.kill('SIGCONT');
  });
}

/** Runs the work under the disturbance, which ends with it. */
export async function disturbed<T>(disturbance: Disturbance, work: () => Promise<T>): Promise<T> {
  const enough = new AbortController();
  const disturbing = disturbance(enough.signal);
  try {
    return await work();
  } finally {
    enough.abort();
    await disturbing;
  }
}

function repeat(pauseMs: number, once: () => Promise<void>): Disturbance {
  return async (signal) => {
    while (!signal.aborted) {
      await once();
      await sleep(pauseMs, undefined, { signal }).catch(() => {});
    }
  };
}
