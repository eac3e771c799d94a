import { readFileSync } from 'node:fs';

/** Of the clock in which Linux counts. */
const TICKS_PER_SECOND = 100;

/** Returns the seconds that a process and its children have computed (user and system), or null where Linux's /proc is not. */
export function cpuSeconds(pid: number): number | null {
  try {
    const children = readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8').split(' ').filter(Boolean).map(Number);
    return [pid, ...children].reduce((sum, each) => sum + ownSeconds(each), 0);
  } catch {
    return null;
  }
}

function ownSeconds(pid: number): number {
  const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
  // The name, in parentheses, may have spaces in it; utime and stime are the 14th and 15th field.
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  return (Number(fields[11]) + Number(fields[12])) / TICKS_PER_SECOND;
}
