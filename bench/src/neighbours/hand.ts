/** How the attacker sends: as often as its keys may, and with a pause after each refusal. */
import { setTimeout as sleep } from 'node:timers/promises';
import { type Answer, type Call, createCaller } from './http.ts';
import type { Tally, Target } from './orders.ts';

/** Below the 6,000 requests a minute that a key may send by default. */
const PER_KEY_AND_SECOND = 95;
const REFUSED_PAUSE_MS = 250;

export interface Hand {
  readonly tenantId: string;
  readonly url: string;
  /**
   * Sends once one of the keys may, with that key unless the call brings another; pauses after 429, 503 and no answer.
   * An aborted signal ends the wait for the answer, which then counts as none.
   */
  send(call: Omit<Call, 'token'> & { readonly token?: string }, signal?: AbortSignal): Promise<Answer>;
  /** Resolves with a key once that key may send; counts what came of it with `count`. */
  turn(): Promise<string>;
  count(status: number): void;
  tally(): Tally;
}

export function createHand({ url, tenantId, keys }: Target): Hand {
  const call = createCaller(url, 15_000);
  const free = keys.map((key) => ({ key, at: 0 }));
  const tally: Record<string, number> = {};
  const count = (status: number): void => {
    tally[status] = (tally[status] ?? 0) + 1;
  };
  const turn = async (): Promise<string> => {
    const next = free.reduce((first, each) => (each.at < first.at ? each : first));
    const now = performance.now();
    const at = Math.max(next.at, now);
    next.at = at + 1000 / PER_KEY_AND_SECOND;
    if (at > now) await sleep(at - now);
    return next.key;
  };
  return {
    tenantId,
    url,
    turn,
    count,
    async send(asked, signal) {
      const key = await turn();
      if (signal?.aborted) return { status: 0, text: 'stopped' };
      const answer = await call({ token: key, ...asked }, signal);
      if (signal?.aborted) return answer;
      count(answer.status);
      if ([0, 429, 503].includes(answer.status)) await sleep(REFUSED_PAUSE_MS);
      return answer;
    },
    tally: () => ({ ...tally }),
  };
}
