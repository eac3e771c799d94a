// engine: none
import { expect, test } from 'vitest';
import { createBatches } from './batches.ts';

/** Calls that end when the test says so. */
function held() {
  const calls: { lane: string; questions: readonly number[]; end: () => void; fail: () => void }[] = [];
  const ask = (lane: string, questions: readonly number[]) =>
    new Promise<readonly number[]>((resolve, reject) => {
      const end = () => resolve(questions.map((each) => each * 10));
      calls.push({ lane, questions, end, fail: () => reject(new Error('failed')) });
    });
  return { calls, ask };
}

const turn = () => new Promise(setImmediate);
const bounds = { runningMax: 1, weightMax: 3, waitingMax: 5 };

test('what is asked in one turn is asked together, what is asked meanwhile goes next, and answers find their askers', async () => {
  const { calls, ask } = held();
  const asking = createBatches({ ask, ...bounds });
  const answers = [1, 2].map((each) => asking('a', () => 'lane', each));
  await turn();
  expect(calls.map(({ questions }) => questions)).toEqual([[1, 2]]);
  answers.push(...[3, 4, 5, 6].map((each) => asking('a', () => 'lane', each)));
  await turn();
  expect(calls).toHaveLength(1);
  calls[0]?.end();
  await expect.poll(() => calls.length).toBe(2);
  expect(calls[1]?.questions).toEqual([3, 4, 5]);
  calls[1]?.end();
  await expect.poll(() => calls.length).toBe(3);
  calls[2]?.end();
  expect(await Promise.all(answers)).toEqual([10, 20, 30, 40, 50, 60]);
});

test('lanes do not wait for each other, and a lane that was left is opened anew', async () => {
  const { calls, ask } = held();
  const opened: string[] = [];
  const asking = createBatches({ ask, ...bounds });
  const open = (name: string) => () => {
    opened.push(name);
    return name;
  };
  const first = asking('a', open('a'), 1);
  await turn();
  const second = asking('b', open('b'), 2);
  await turn();
  expect(calls.map(({ lane }) => lane)).toEqual(['a', 'b']);
  for (const { end } of calls) end();
  await Promise.all([first, second]);
  await expect
    .poll(async () => {
      const again = asking('a', open('a'), 3);
      await turn();
      calls.at(-1)?.end();
      await again;
      return opened.filter((name) => name === 'a').length;
    })
    .toBeGreaterThan(1);
});

test('a failure is that of the questions of its call alone', async () => {
  const { calls, ask } = held();
  const asking = createBatches({ ask, ...bounds });
  const failing = [1, 2].map((each) => asking('a', () => 'lane', each));
  await turn();
  const next = asking('a', () => 'lane', 3);
  calls[0]?.fail();
  for (const { status } of await Promise.allSettled(failing)) expect(status).toBe('rejected');
  await expect.poll(() => calls.length).toBe(2);
  calls[1]?.end();
  expect(await next).toBe(30);
});

test('a call holds what it may weigh, and a heavier question goes alone', async () => {
  const { calls, ask } = held();
  const asking = createBatches({ ask, ...bounds, weightOf: (each) => each });
  const answers = [2, 1, 7, 1].map((each) => asking('a', () => 'lane', each));
  for (const n of [1, 2, 3]) {
    await expect.poll(() => calls.length).toBe(n);
    calls[n - 1]?.end();
  }
  await Promise.all(answers);
  expect(calls.map(({ questions }) => questions)).toEqual([[2, 1], [7], [1]]);
});

test('more than may wait is refused, in its lane alone', async () => {
  const { calls, ask } = held();
  const asking = createBatches({ ask, ...bounds });
  const first = asking('a', () => 'lane', 0);
  await turn();
  const waiting = [1, 2, 3, 4, 5].map((each) => asking('a', () => 'lane', each));
  await expect(asking('a', () => 'lane', 6)).rejects.toMatchObject({ definition: { code: 'tenant_busy' } });
  const other = asking('b', () => 'lane', 7);
  await turn();
  while (calls.length > 0) {
    calls.shift()?.end();
    await turn();
    await turn();
  }
  expect(await Promise.all([first, ...waiting, other])).toEqual([0, 10, 20, 30, 40, 50, 70]);
});

test('a call that answers too little fails', async () => {
  const asking = createBatches({ ask: async () => [], ...bounds });
  await expect(asking('a', () => 'lane', 1)).rejects.toThrow('one answer for each question');
});
