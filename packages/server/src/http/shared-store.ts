/** The counts of addresses, as @fastify/rate-limit keeps them, of all processes of a group. */
import type { FastifyRateLimitStore, FastifyRateLimitStoreCtor } from '@fastify/rate-limit';
import { createLru } from '../kernel/lru.ts';
import type { SharedCounts } from '../kernel/shared-counts.ts';

const ADDRESSES_MAX = 5_000;
const MINUTE_MS = 60_000;

interface Window {
  readonly endsAt: number;
  current: number;
}

/** Returns what makes the stores of a scope. Windows are of a minute, as all limits here are. */
export function sharedStore(counts: SharedCounts): FastifyRateLimitStoreCtor {
  return class {
    constructor() {
      Object.assign(this, newStore(counts));
    }
  } as unknown as FastifyRateLimitStoreCtor; // the library calls it with `new`, and asks for the members of a store alone
}

type Answer = Parameters<FastifyRateLimitStore['incr']>[1];

/** A limit has a store of its own: `child` makes it. */
function newStore(counts: SharedCounts) {
  const windows = createLru<Window>(ADDRESSES_MAX);
  const space = counts.space();
  const knownOf = (key: string, now: number): Window | undefined => {
    const known = windows.get(key);
    return known !== undefined && known.endsAt > now && known.endsAt <= now + MINUTE_MS ? known : undefined;
  };
  const windowOf = (key: string, now: number): Window => {
    const window = knownOf(key, now) ?? { endsAt: now + MINUTE_MS, current: 0 };
    windows.set(key, window);
    return window;
  };
  counts.onCount((name, amount) => {
    if (name.startsWith(space)) windowOf(name.slice(space.length), performance.now()).current += amount;
  });
  const tell = (answer: Answer, { current, endsAt }: Window, now: number) =>
    answer(null, { current, ttl: endsAt - now });
  return {
    incr(key: string, answer: Answer) {
      const now = performance.now();
      const window = windowOf(key, now);
      window.current += 1;
      counts.note(`${space}${key}`, 1);
      tell(answer, window, now);
    },
    read(key: string, answer: Answer) {
      const now = performance.now();
      tell(answer, knownOf(key, now) ?? { current: 0, endsAt: now }, now);
    },
    child: () => newStore(counts),
  };
}
