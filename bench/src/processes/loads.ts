import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { cpuMsOf } from '../lib/cpu.ts';
import { round, type Sample } from '../lib/load.ts';
import type { Order } from './order.ts';

const generator = fileURLToPath(new URL('generator.ts', import.meta.url));

export interface GroupSample extends Sample {
  /** CPU seconds (user and system) of the supervisor and its processes for 1,000 requests. */
  readonly cpu_seconds_per_1000: number;
  /** How many cores they used. */
  readonly cores_used: number;
}

/** Loads a server, whose first process is `pid`, from several generators at once, each a process of its own. */
export async function loadFrom(generators: number, order: Order, pid: number): Promise<GroupSample> {
  const own = { ...order, connections: Math.max(1, Math.floor(order.connections / generators)) };
  const before = cpuMsOf(pid);
  const samples = await Promise.all(Array.from({ length: generators }, () => generate(own)));
  const cpuSeconds = (cpuMsOf(pid) - before) / 1_000;
  const requests = sum(samples.map((sample) => sample.requests));
  return {
    requests,
    requests_per_second: round(sum(samples.map((sample) => sample.requests_per_second)), 1),
    p50_ms: Math.max(...samples.map((sample) => sample.p50_ms)),
    p99_ms: Math.max(...samples.map((sample) => sample.p99_ms)),
    generator_busy: Math.max(...samples.map((sample) => sample.generator_busy)),
    cpu_seconds_per_1000: round((cpuSeconds / requests) * 1_000, 4),
    cores_used: round(cpuSeconds / order.seconds, 2),
  };
}

async function generate(order: Order): Promise<Sample> {
  const { stdout } = await promisify(execFile)(process.execPath, [generator, JSON.stringify(order)]);
  return JSON.parse(stdout) as Sample;
}

function sum(values: readonly number[]): number {
  return values.reduce((total, value) => total + value, 0);
}
