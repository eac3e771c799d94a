// engine: none
import { Counter, Gauge, Registry } from 'prom-client';
import { expect, onTestFinished, test, vi } from 'vitest';
import { figuresOf, together } from '../kernel/metrics/across.ts';
import type { Figures } from '../kernel/process-group.ts';
import { type Asked, createGathering } from './gathering.ts';

/** A process with a counter, which answers when it is asked, unless it hangs. */
function newProcess(number: number, gathering: ReturnType<typeof createGathering>) {
  const registry = new Registry();
  const counter = new Counter({ name: 'x_done_total', help: 'x', registers: [registry] });
  new Gauge({ name: 'x_lease_held', help: 'x', registers: [registry] }).set(number - 1);
  const figures = () => figuresOf(registry, 'x_');
  const state = { hangs: false };
  const asked: Asked = {
    process: number,
    ask: (question) => {
      if (!state.hangs) void figures().then((those) => gathering.told(asked, structuredClone(those), question));
    },
  };
  return { asked, counter, figures, state };
}

const figureOf = async (name: string, figures: readonly Figures[]) =>
  (await together(figures).getMetricsAsJSON()).find((metric) => metric.name === name)?.values[0]?.value;

function newGroup() {
  const gathering = createGathering();
  const [one, two] = [newProcess(1, gathering), newProcess(2, gathering)];
  const look = async (others = [two.asked]) => {
    const own = await one.figures();
    const { figures, silent } = await gathering.gather(one.asked, own, others);
    const all = [own, ...figures];
    return { done: await figureOf('x_done_total', all), leaseHeld: await figureOf('x_lease_held', all), silent };
  };
  return { gathering, one, two, look };
}

test('counters are added, a gauge comes together as its meaning wants, and one process alone may be asked', async () => {
  const { one, two, look } = newGroup();
  one.counter.inc(3);
  two.counter.inc(4);
  expect(await look()).toEqual({ done: 7, leaseHeld: 0, silent: [] });
  expect(await look([])).toMatchObject({ done: 3 });
});

test('a process that gives no answer is named, is not waited for, and its last counts stay in the sum', async () => {
  const { two, look } = newGroup();
  two.counter.inc(4);
  await look();
  two.state.hangs = true;
  two.counter.inc(1);
  vi.useFakeTimers();
  onTestFinished(() => void vi.useRealTimers());
  const looking = look();
  await vi.advanceTimersByTimeAsync(1_000);
  expect(await looking).toEqual({ done: 4, leaseHeld: 0, silent: [2] });
});

test('what an ended process has told stays in the sum, and is there once, also when it ends while it is asked', async () => {
  const { gathering, one, look } = newGroup();
  one.counter.inc(1);
  let sum = 1;
  for (let number = 2; number <= 12; number += 1) {
    const next = newProcess(number, gathering);
    next.counter.inc(5);
    sum += 5;
    expect(await look([next.asked])).toMatchObject({ done: sum });
    next.state.hangs = true;
    const asking = look([next.asked]);
    await one.figures();
    gathering.ended(next.asked);
    expect(await asking).toMatchObject({ done: sum, silent: [] });
    expect(await look([])).toMatchObject({ done: sum });
  }
});
