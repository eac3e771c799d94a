import { readFileSync } from 'node:fs';

const SAMPLE_MS = 100;

export interface MemoryWatch {
  /** MiB of the process at the moment; undefined once it has ended, and where there is no /proc. */
  now(): number | undefined;
  /** The most that it ever had. */
  peak(): number | undefined;
}

/** Watches the resident memory of a process until `stack` is disposed. */
export function watchMemory(pid: number, stack: AsyncDisposableStack): MemoryWatch {
  let peak: number | undefined;
  const look = (): void => {
    peak = read(pid, 'VmHWM') ?? peak;
  };
  const timer = setInterval(look, SAMPLE_MS);
  stack.defer(async () => clearInterval(timer));
  return {
    now: () => read(pid, 'VmRSS'),
    peak() {
      look();
      return peak;
    },
  };
}

function read(pid: number, field: 'VmRSS' | 'VmHWM'): number | undefined {
  try {
    const [, kib] = new RegExp(`^${field}:\\s+(\\d+) kB`, 'm').exec(readFileSync(`/proc/${pid}/status`, 'utf8')) ?? [];
    return kib === undefined ? undefined : Math.round(Number(kib) / 1024);
  } catch {
    return undefined;
  }
}
