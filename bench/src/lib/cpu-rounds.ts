import { cpuMsOf } from './cpu.ts';
import { measure, median, round, type Sample, type Target } from './load.ts';
import { type Summary, summarize } from './report.ts';

/** A server under one kind of request. */
export interface Loaded {
  readonly name: string;
  readonly pid: number;
  /** Makes what is sent in one turn: creations must never send a body twice. */
  targetOf(): Target;
}

export interface Load {
  readonly connections: number;
  readonly seconds: number;
  readonly rounds: number;
  readonly warmupSeconds: number;
}

export interface CpuSample extends Sample {
  /** User and system time of the server's process. */
  readonly cpu_ms_per_1000: number;
}

export interface CpuSummary extends Summary {
  readonly cpu_ms_per_1000: number;
  readonly rounds: readonly CpuSample[];
}

/** Measures each once per round, in an order that rotates, with the CPU time of its server. Throws like `measure`. */
export async function runCpuRounds(
  loaded: readonly Loaded[],
  load: Load,
  progress: (line: string) => void,
): Promise<Map<string, CpuSample[]>> {
  const samples = new Map<string, CpuSample[]>(loaded.map(({ name }) => [name, []]));
  for (const each of loaded) await sampleOf(each, { ...load, seconds: load.warmupSeconds });
  for (let at = 0; at < load.rounds; at += 1) {
    for (let turn = 0; turn < loaded.length; turn += 1) {
      const each = loaded[(at + turn) % loaded.length];
      if (each === undefined) continue;
      const sample = await sampleOf(each, load);
      samples.get(each.name)?.push(sample);
      const { requests_per_second: speed, cpu_ms_per_1000: cpu } = sample;
      progress(`round ${at + 1}  ${each.name.padEnd(24)} ${speed.toFixed(0).padStart(7)}/s  ${cpu.toFixed(0)} ms CPU`);
    }
  }
  return samples;
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
