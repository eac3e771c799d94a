/** Asks every replica for keys whose revocation was answered, all the time. */
import { setTimeout as sleep } from 'node:timers/promises';
import type { Replica } from './fleet.ts';
import type { KeyEntry, Ledger } from './ledger.ts';
import { verdictAt } from './verdict.ts';

const PAUSE_MS = 10;
/** Half of the questions are about the newest revocations. */
const NEWEST = 12;

export interface Watch {
  /** Resolves to the number of answers, and to a sentence for each key that was accepted. */
  stop(): Promise<{ readonly answers: number; readonly accepted: readonly string[] }>;
}

export function startWatch(replicas: readonly Replica[], ledger: Ledger): Watch {
  const accepted: string[] = [];
  let answers = 0;
  let ended = false;
  async function ask({ name, url }: Replica): Promise<void> {
    while (!ended) {
      await sleep(PAUSE_MS);
      const entry = choose(ledger.keys);
      if (entry?.revokedAt === undefined) continue;
      const sinceMs = Math.round(performance.now() - entry.revokedAt);
      const verdict = await verdictAt(url, entry.key);
      if (verdict !== undefined) answers += 1;
      if (verdict === true) accepted.push(`${name} accepted ${entry.id}, asked ${sinceMs} ms after the answer`);
    }
  }
  const asking = replicas.map(ask);
  return {
    async stop() {
      ended = true;
      await Promise.all(asking);
      return { answers, accepted };
    },
  };
}

/** Asks each replica for each revoked key once; one that is not known is asked for again. */
export async function askForAll(replicas: readonly Replica[], { keys }: Ledger): Promise<readonly string[]> {
  const revoked = keys.filter(({ revokedAt }) => revokedAt !== undefined);
  const perReplica = replicas.map(async ({ name, url }) => {
    const accepted: string[] = [];
    for (const { id, key } of revoked) {
      let verdict = await verdictAt(url, key);
      for (let repeated = 0; verdict === undefined && repeated < 20; repeated += 1) {
        await sleep(250);
        verdict = await verdictAt(url, key);
      }
      if (verdict !== false) accepted.push(`${name} ${verdict ? 'accepted' : 'does not know'} ${id} afterwards`);
    }
    return accepted;
  });
  return (await Promise.all(perReplica)).flat();
}

function choose(keys: readonly KeyEntry[]): KeyEntry | undefined {
  const revoked = keys.filter(({ revokedAt }) => revokedAt !== undefined);
  const from = Math.random() < 0.5 ? revoked.slice(-NEWEST) : revoked;
  return from[Math.floor(Math.random() * from.length)];
}
