import { readdirSync, readlinkSync } from 'node:fs';

/** Returns the processes whose working directory is the folder or lies in it, this one excepted. */
export function processesIn(directory: string): number[] {
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .map(Number)
    .filter((pid) => pid !== process.pid && `${workingDirectory(pid)}/`.startsWith(`${directory}/`));
}

function workingDirectory(pid: number): string {
  try {
    return readlinkSync(`/proc/${pid}/cwd`);
  } catch {
    return ''; // it has ended, or is a zombie
  }
}
