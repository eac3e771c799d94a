/** Which member leads. */
import { setTimeout as pause } from 'node:timers/promises';
import type { Etcd } from '../types.ts';

const POLL_MS = 25;

/** Resolves to the index of the member that a majority calls the leader of the newest term; waits for an election. */
export async function leaderOf(clients: readonly Etcd[]): Promise<number> {
  for (;;) {
    const statuses = (await Promise.all(clients.map((client) => client.status()))).map(([status]) => status);
    const answered = statuses.filter((status) => status?.answered === true);
    const term = Math.max(...answered.map(({ raftTerm }) => raftTerm));
    const voices = answered.filter(({ raftTerm }) => raftTerm === term);
    const leader = voices[0]?.leader ?? null;
    const agreed = voices.filter((each) => each.leader === leader).length;
    const index = statuses.findIndex((status) => status?.answered === true && status.memberId === leader);
    if (leader !== null && index >= 0 && agreed * 2 > clients.length) return index;
    await pause(POLL_MS);
  }
}
