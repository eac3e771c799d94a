/** The link of one replica to the database falls silent, as a broken network does: nothing is refused, nothing is closed. */
import { randomBytes } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { createClient } from '@tenant-registry/client';
import type { Finding } from './findings.ts';
import { LEASE_MS, tokens } from './fleet.ts';
import { until } from './until.ts';
import { verdictAt } from './verdict.ts';
import type { World } from './world.ts';

const scenario = 'one replica cut off from the database';
const SILENT_MS = 10_000;
const ASKERS = 4;
const PAUSE_MS = 5;

interface Answer {
  readonly key: string;
  readonly start: number;
  readonly end: number;
  readonly verdict: boolean | undefined;
}

export async function runCutOff(world: World): Promise<Finding[]> {
  const { link, replicas, progress } = world;
  const [first, , cutOff] = replicas;
  if (first === undefined || cutOff === undefined) throw new Error('there are no three replicas');
  const client = createClient({ url: first.url, token: tokens.operator });
  const tenant = await client.tenants.create({ slug: `c-${randomBytes(8).toString('hex')}`, name: 'Cut off' });
  const keyOf = async () => {
    const { id, key } = await client.apiKeys.create({ tenant_id: tenant.id, name: 'bench' });
    return { id, key: String(key) };
  };
  const [kept, revoked] = [await keyOf(), await keyOf()];
  const accepts = async ({ key }: { readonly key: string }) => (await verdictAt(cutOff.url, key)) === true;
  await until('the keys are not accepted', 10_000, async () => (await accepts(kept)) && (await accepts(revoked)));
  const asking = startAsking(cutOff.url, [kept.key, revoked.key]);
  await sleep(1_000);
  progress(`${scenario}: ${cutOff.name}`);
  const cutAt = performance.now();
  link.freeze();
  await client.apiKeys.revoke({ id: revoked.id });
  const revokedAt = performance.now();
  await sleep(SILENT_MS);
  const answers = await asking.stop();
  await link.cut();
  link.restore();
  const restoredAt = performance.now();
  await until('the replica does not recover', 30_000, () => accepts(kept));
  const recoveredMs = Math.round(performance.now() - restoredAt);
  const afterwards = await verdictAt(cutOff.url, revoked.key);
  const fromMemory = answers.filter(({ end, verdict }) => end > cutAt && verdict === true);
  const lastMs = Math.round(Math.max(cutAt, ...fromMemory.map(({ end }) => end)) - cutAt);
  const tooLate = answers.filter(({ key, start, verdict }) => key === revoked.key && start > revokedAt && verdict);
  const refused = answers.filter(({ end, verdict }) => end > cutAt && verdict === undefined);
  return [
    { scenario, what: 'answers from memory after the cut', seen: fromMemory.length, demand: { least: 1 } },
    { scenario, what: 'ms from the cut to the last of them', seen: lastMs, demand: { most: LEASE_MS } },
    { scenario, what: 'ms until a revocation elsewhere was answered', seen: Math.round(revokedAt - cutAt) },
    { scenario, what: 'questions asked after that answer and accepted', seen: tooLate.length, demand: { is: 0 } },
    { scenario, what: 'questions that were answered 503', seen: refused.length },
    {
      ...{ scenario, what: 'ms that such a question took at most' },
      seen: Math.round(Math.max(0, ...refused.map(({ start, end }) => end - start))),
    },
    { scenario, what: 'ms from the restored link to the first accepted key, without a restart', seen: recoveredMs },
    { scenario, what: 'the revoked key accepted afterwards', seen: afterwards === false ? 0 : 1, demand: { is: 0 } },
  ];
}

/** Asks for the keys by turns until it is stopped, which resolves to all answers. */
function startAsking(url: string, keys: readonly string[]): { stop(): Promise<readonly Answer[]> } {
  const answers: Answer[] = [];
  let ended = false;
  async function ask(): Promise<void> {
    for (let turn = 0; !ended; turn += 1) {
      const key = keys[turn % keys.length] ?? '';
      const start = performance.now();
      const verdict = await verdictAt(url, key);
      answers.push({ key, start, end: performance.now(), verdict });
      await sleep(PAUSE_MS);
    }
  }
  const asking = Array.from({ length: ASKERS }, ask);
  return {
    async stop() {
      ended = true;
      await Promise.all(asking);
      return answers;
    },
  };
}
