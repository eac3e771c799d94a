/** What the victim asks, at a rate of its own: a slow answer delays no further question, and so hides nothing. */
import { setTimeout as sleep } from 'node:timers/promises';

/** The answers to one kind of question in one stretch of time. */
export interface Series {
  /** Milliseconds of each accepted answer. */
  readonly times: number[];
  /** How often each other outcome came. */
  readonly errors: Map<string, number>;
}

export type Measured = Map<string, Series>;

/** Runs `work` and keeps its time under the name; an error is counted, and gives undefined. */
export type Timed = <T>(name: string, work: () => Promise<T>) => Promise<T | undefined>;

export interface Probe {
  readonly everyMs: number;
  ask(timed: Timed): Promise<void>;
}

/** Asks each probe at its rate for `seconds`, and resolves once all that was asked is answered. */
export async function measure(probes: readonly Probe[], seconds: number): Promise<Measured> {
  const measured: Measured = new Map();
  const timed = timedInto(measured);
  const asked: Promise<void>[] = [];
  const endsAt = performance.now() + seconds * 1000;
  const turns = probes.map((probe) => ({ probe, due: performance.now() }));
  for (let now = performance.now(); now < endsAt; now = performance.now()) {
    for (const turn of turns) {
      if (turn.due > now) continue;
      asked.push(turn.probe.ask(timed));
      turn.due = Math.max(turn.due + turn.probe.everyMs, now);
    }
    await sleep(Math.max(1, Math.min(...turns.map(({ due }) => due)) - performance.now()));
  }
  await Promise.all(asked);
  return measured;
}

/** Returns a {@link Timed} that keeps its times and errors in `measured`. */
export function timedInto(measured: Measured): Timed {
  return async (name, work) => {
    const series = seriesOf(measured, name);
    const start = performance.now();
    try {
      const result = await work();
      series.times.push(performance.now() - start);
      return result;
    } catch (error) {
      const reason = error instanceof Error ? error.message : String(error);
      series.errors.set(reason, (series.errors.get(reason) ?? 0) + 1);
      return undefined;
    }
  };
}

/** Returns the series of that name; makes an empty one when there is none. */
export function seriesOf(measured: Measured, name: string): Series {
  const known = measured.get(name);
  if (known !== undefined) return known;
  const made: Series = { times: [], errors: new Map() };
  measured.set(name, made);
  return made;
}
