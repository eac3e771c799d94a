import { cpuMsOf } from './cpu.ts';
import { measure, median, type Rounds, round, runRounds, type Sample, type Target } from './load.ts';
import { type Summary, summarize } from './report.ts';

/** A server under one kind of request. */
export interface Loaded {
  readonly name: string;
  readonly pid: number;
  /** Makes what is sent in one turn: creations must never send a body twice. */
  targetOf(): Target;
}

export interface Load extends Rounds {
  readonly connections: number;
}

export interface CpuSample extends Sample {
  /** User and system time of the server's process. */
  readonly cpu_ms_per_1000: number;
}

export interface CpuSummary extends Summary {
  readonly cpu_ms_per_1000: number;
  readonly rounds: readonly CpuSample[];
}

/** `runRounds` with the CPU time of each server. Throws like `measure`. */
export function runCpuRounds(
  loaded: readonly Loaded[],
  load: Load,
  progress: (line: string) => void,
): Promise<Map<string, CpuSample[]>> {
  return runRounds(loaded, load, (each, seconds) => sampleOf(each, { ...load, seconds }), progress);
}

/** Returns the median of each figure over the rounds. */
export function summarizeCpu(rounds: readonly CpuSample[]): CpuSummary {
  const cpu = median(rounds.map(({ cpu_ms_per_1000 }) => cpu_ms_per_1000));
  return { ...summarize(rounds), cpu_ms_per_1000: round(cpu, 1), rounds };
}

async function sampleOf({ pid, targetOf }: Loaded, load: Load): Promise<CpuSample> {
  const target = targetOf();
  const before = cpuMsOf(pid);
  const sample = await measure(target, { connections: load.connections, seconds: load.seconds });
  const cpu = cpuMsOf(pid) - before;
  return { ...sample, cpu_ms_per_1000: round((cpu / sample.requests) * 1_000, 1) };
}
