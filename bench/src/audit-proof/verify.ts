/** The command that checks the whole log, as a process of its own. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { round } from '../lib/load.ts';
import type { Section } from './section.ts';
import { insertEvents, ORIGIN, openWorld, SEED, sealAll, signAll } from './world.ts';

const repository = fileURLToPath(new URL('../../..', import.meta.url));
/** Seconds for a million events. */
const GOAL_S = 60;
const MILLION = 1_000_000;

export const measureVerify: Section = async (surroundings) => {
  const { events, progress } = surroundings;
  const world = await openWorld(surroundings, 'audit-verify');
  progress(`verify: ${events} events are written, sealed and signed`);
  await insertEvents(world, events);
  await sealAll(world);
  await signAll(world);
  await world.client.query('vacuum (analyze)');
  await world.client.query('checkpoint');
  progress('verify: the command runs');
  const begun = performance.now();
  const { said, peakKb, cpuUs } = await run(world.url);
  const ms = performance.now() - begun;
  const { findings, leaves } = JSON.parse(said);
  if (findings !== 0 || leaves < events) throw new Error(`the command found what nobody did: ${said}`);
  const seconds = ms / 1_000;
  return [
    { what: `verify ${events} events`, value: round(seconds, 1), unit: 's' },
    { what: 'events verified', value: Math.round(events / seconds), unit: '/s' },
    {
      what: 'a million events, by that rate',
      value: round((seconds * MILLION) / events, 1),
      unit: 's',
      goal: { most: GOAL_S },
    },
    { what: 'processor time of the command', value: round(cpuUs / 1_000_000, 1), unit: 's' },
    { what: 'memory of the command at most', value: Math.round(peakKb / 1_024), unit: 'MiB' },
  ];
};

/** Says at its end what it took of memory and of processors. */
const WITH_PEAK = `data:text/javascript,process.on('exit',()=>{const {maxRSS,userCPUTime,systemCPUTime}=process.resourceUsage();process.stderr.write('\\ntook '+maxRSS+' '+(userCPUTime+systemCPUTime))})`;

interface Ran {
  readonly said: string;
  readonly peakKb: number;
  readonly cpuUs: number;
}

async function run(url: string): Promise<Ran> {
  const { PATH = '', HOME = '', TMPDIR = '/tmp', NODE_OPTIONS = '' } = process.env;
  const child = spawn(
    process.execPath,
    ['--import', WITH_PEAK, 'packages/server/src/cli.ts', 'audit', 'verify', '--json'],
    {
      cwd: repository,
      env: { PATH, HOME, TMPDIR, NODE_OPTIONS, DATABASE_URL: url, AUDIT_SIGNING_KEY: SEED, AUDIT_ORIGIN: ORIGIN },
      stdio: ['ignore', 'pipe', 'pipe'],
    },
  );
  let [said, complained] = ['', ''];
  child.stdout.on('data', (chunk: Buffer) => {
    said += chunk.toString();
  });
  child.stderr.on('data', (chunk: Buffer) => {
    complained += chunk.toString();
  });
  const [code] = await once(child, 'close');
  if (code !== 0) throw new Error(`the command ended with ${code}: ${said}${complained}`);
  const [, peakKb = 0, cpuUs = 0] = /took (\d+) (\d+)/.exec(complained) ?? [];
  return { said, peakKb: Number(peakKb), cpuUs: Number(cpuUs) };
}
