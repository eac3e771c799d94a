import { readFile } from 'node:fs/promises';

const MS_PER_TICK = 10; // USER_HZ is 100 on every Linux that Node runs on

/** Resolves to the CPU time, user and system, that a process has used since its start, in milliseconds. Linux only. */
export async function cpuMsOf(pid: number): Promise<number> {
  const stat = await readFile(`/proc/${pid}/stat`, 'utf8');
  // The name of the command is in brackets and may hold spaces.
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  return (Number(fields[11]) + Number(fields[12])) * MS_PER_TICK;
}
