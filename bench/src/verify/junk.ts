import { randomBytes } from 'node:crypto';
import { measure, median, round, type Sample, type Target } from '../lib/load.ts';

/** The rate of good keys: the server is busy but not saturated, since on a saturated one any junk takes its share. */
const GOOD_PER_SECOND = 2_000;
const JUNK_PER_SECOND = 5_000;
const BODIES = 512;

export interface JunkResult {
  readonly good_per_second: number;
  readonly junk_per_second: number;
  readonly without: Summary;
  readonly with_junk: Summary;
  /** Good keys verified per second beside junk, over those without junk: the median of the rounds. */
  readonly ratio: number;
}

interface Summary {
  readonly requests_per_second: number;
  readonly p50_ms: number;
  readonly p99_ms: number;
}

/**
 * Measures good keys at a fixed rate, alone and beside junk at another rate. A third of the junk lacks the form of a key,
 * a third has an unknown prefix, and a third has the prefix of a good key, which is locked after too many failures.
 * Throws if a good key is refused or junk is accepted.
 */
export async function measureJunk(
  good: Target,
  { seconds, rounds }: { seconds: number; rounds: number },
): Promise<JunkResult> {
  const load = { connections: 16, seconds };
  const junk = junkFor(good);
  // Uses up the failures that the prefix of the good key may have.
  await measure(junk, { connections: 64, seconds: 3, refusals: true });
  const samples: { without: Sample; with_junk: Sample; junk: Sample }[] = [];
  for (let i = 0; i < rounds; i += 1) {
    const without = await measure(good, { ...load, perSecond: GOOD_PER_SECOND });
    const [with_junk, sent] = await Promise.all([
      measure(good, { ...load, perSecond: GOOD_PER_SECOND }),
      measure(junk, { connections: 64, seconds, perSecond: JUNK_PER_SECOND, refusals: true }),
    ]);
    samples.push({ without, with_junk, junk: sent });
  }
  const middle = (pick: (sample: (typeof samples)[number]) => number): number => round(median(samples.map(pick)), 3);
  const summary = (which: 'without' | 'with_junk'): Summary => ({
    requests_per_second: middle((sample) => sample[which].requests_per_second),
    p50_ms: middle((sample) => sample[which].p50_ms),
    p99_ms: middle((sample) => sample[which].p99_ms),
  });
  return {
    good_per_second: GOOD_PER_SECOND,
    junk_per_second: middle(({ junk }) => junk.requests_per_second),
    without: summary('without'),
    with_junk: summary('with_junk'),
    ratio: middle(({ without, with_junk }) => with_junk.requests_per_second / without.requests_per_second),
  };
}

function junkFor(good: Target): Target {
  const random = (bytes: number): string => randomBytes(bytes).toString('base64url');
  const prefix = String(JSON.parse(good.bodies[0] ?? '{}').key).slice(0, 11);
  const kinds = [() => random(16), () => `bp_${random(16)}`, () => `${prefix}${random(12).slice(0, 14)}`];
  const keyOf = (n: number): string => kinds[n % kinds.length]?.() ?? '';
  const bodies = Array.from({ length: BODIES }, (_, n) => JSON.stringify({ key: keyOf(n) }));
  return { ...good, name: 'junk', bodies, rotates: true, accepts: (body) => !body.includes('"valid":true') };
}
