/** The processes of a group, as their supervisor knows them. */
import type { Worker } from 'node:cluster';
import type { Config } from '../config.ts';
import type { createLogger } from '../kernel/logger.ts';
import type { Listening } from '../replica.ts';
import { type Asked, createGathering, type Gathering } from './gathering.ts';
import type { Order } from './messages.ts';

export interface Member extends Asked {
  readonly worker: Worker;
  readonly startedMs: number;
  /** Null: it does not listen yet. */
  listening: Listening | null;
  /** It was told to end, or its replacement is on its way: its end is no accident. */
  isLeaving: boolean;
}

export interface GroupOptions {
  readonly config: Config;
  readonly logger: ReturnType<typeof createLogger>;
  /** How many there are to be. */
  readonly processes: number;
}

export interface Group extends GroupOptions {
  readonly gathering: Gathering;
  /** Every process that runs. */
  readonly members: Set<Member>;
  /** Who holds each number. */
  readonly places: Map<number, Member>;
  /** Who does the work that one of them does. */
  leader: Member | undefined;
  /** Processes that ended by themselves. */
  restarts: number;
  phase: 'starting' | 'serving' | 'stopping';
}

/** Makes a group without processes. */
export function createGroup(options: GroupOptions): Group {
  return {
    ...options,
    gathering: createGathering(),
    members: new Set(),
    places: new Map(),
    leader: undefined,
    restarts: 0,
    phase: 'starting',
  };
}

/** Whether the group is to end; asked anew after each pause, because a signal may have come. */
export function isStopping({ phase }: Group): boolean {
  return phase === 'stopping';
}

/** Returns the processes that listen. */
export function serving({ members }: Group): Member[] {
  return [...members].filter(({ listening }) => listening !== null);
}

/** Returns the ids that the system has given to the processes, in the order of their numbers. */
export function pidsOf({ places }: Group): (number | undefined)[] {
  return [...places.values()].sort((a, b) => a.process - b.process).map(({ worker }) => worker.process.pid);
}

/** Tells the process, unless it ends at this moment and needs it no more. */
export function tell({ worker }: Member, order: Order): void {
  if (worker.isConnected()) worker.send(order, () => {});
}

/** Sees that one process does the work of all. */
export function appoint(group: Group): void {
  const { leader, members } = group;
  if (leader !== undefined && members.has(leader) && !leader.isLeaving) return;
  // The newest, so that a restart in turn changes it once.
  group.leader = serving(group).findLast(({ isLeaving }) => !isLeaving);
  if (group.leader !== undefined) tell(group.leader, { kind: 'lead' });
}

/** Kills what is left, and ends the supervisor. */
export function end({ members }: Group, code: number): never {
  for (const { worker } of members) worker.process.kill('SIGKILL');
  process.exit(code);
}
