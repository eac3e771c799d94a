/** Disturbances of the servers and of etcd, for proofs about configurations. Each undoes what it did before it ends. */
import { setTimeout as sleep } from 'node:timers/promises';
import type { TestCluster } from '@tenant-registry/etcd/testing';
import type { Chances } from './chances.ts';
import type { ConfigReplica } from './config-fleet.ts';
import type { Disturbance } from './disturbances.ts';

/** One thing that is done to the system and undone. */
export interface Round {
  readonly name: string;
  run(): Promise<void>;
}

export interface RoundsOptions {
  readonly chances: Chances;
  /** Between rounds. */
  readonly pauseMs: number;
  readonly progress?: (name: string) => void;
}

/** Runs each round once, in any order, and again, until it is told to end. */
export function inRounds(rounds: readonly Round[], { chances, pauseMs, progress }: RoundsOptions): Disturbance {
  return async (signal) => {
    const pause = () => sleep(pauseMs, undefined, { signal }).catch(() => {});
    while (!signal.aborted) {
      const left = [...rounds];
      while (left.length > 0 && !signal.aborted) {
        const [round] = left.splice(chances.below(left.length), 1);
        progress?.(round?.name ?? '');
        await round?.run();
        await pause();
      }
    }
  };
}

/** Kills a server with SIGKILL, and starts it again. */
export function killServer(replicas: readonly ConfigReplica[], chances: Chances): Round {
  return {
    name: 'server killed',
    async run() {
      const replica = chances.one(replicas);
      await replica.kill();
      await replica.start();
    },
  };
}

/** What happens to a cluster of three members; with `lastsMs`, how long each thing lasts. */
export function etcdRounds(
  cluster: TestCluster,
  { chances, lastsMs }: { readonly chances: Chances; readonly lastsMs: number },
): readonly Round[] {
  const members = [0, 1, 2];
  const lasting = async (begin: () => void, end: () => void) => {
    begin();
    await sleep(lastsMs);
    end();
  };
  return [
    {
      name: 'leader killed',
      async run() {
        const leader = cluster.member(await cluster.leader());
        await leader.kill();
        await sleep(lastsMs);
        await leader.start();
      },
    },
    {
      name: 'leader stopped',
      async run() {
        const leader = cluster.member(await cluster.leader());
        await lasting(leader.pause, leader.resume);
      },
    },
    {
      name: 'member stopped',
      run() {
        const member = cluster.member(chances.one(members));
        return lasting(member.pause, member.resume);
      },
    },
    {
      name: 'pair cut',
      run() {
        const one = chances.one(members);
        return lasting(() => cluster.cut(one, (one + 1) % members.length), cluster.mend);
      },
    },
    {
      name: 'leader cut off from the others, not from clients',
      async run() {
        const leader = await cluster.leader();
        await lasting(() => cluster.cutOff(leader), cluster.mend);
      },
    },
    {
      name: 'member cut off from clients, not from the others',
      run() {
        const member = cluster.member(chances.one(members));
        return lasting(member.isolate, member.admit);
      },
    },
    {
      name: 'no majority',
      async run() {
        const [one, other] = [cluster.member(0), cluster.member(1)];
        await Promise.all([one.kill(), other.kill()]);
        await sleep(lastsMs);
        await Promise.all([one.start(), other.start()]);
      },
    },
  ];
}
