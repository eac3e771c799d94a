// engine: none
import { expect, onTestFinished, test } from 'vitest';
import type { Order } from '../../../test/support/threads/obedient.ts';
import { createThread, ThreadTimeout, ThreadTooCostly } from './thread.ts';

const module = new URL('../../../test/support/threads/obedient.ts', import.meta.url);

function newThread(timeoutMs = 20_000) {
  const thread = createThread<Order, number>(module, { timeoutMs, memoryMaxMb: 32 });
  onTestFinished(() => thread.retire());
  return thread;
}

test('one thread answers all questions, and sees nothing of the environment', async () => {
  const thread = newThread();
  const first = await thread.ask('answer');
  expect(await thread.ask('answer')).toBe(first);
  expect(await thread.ask('environment')).toBe(0);
});

test('a second question at the same time is a mistake of the caller', async () => {
  const thread = newThread();
  const first = thread.ask('answer');
  await expect(thread.ask('answer')).rejects.toThrow('second question');
  expect(await first).toBeGreaterThan(0);
});

test('work without an end is ended, the event loop goes on meanwhile, and another thread answers the next question', async () => {
  const thread = newThread(500);
  let turns = 0;
  const counting = setInterval(() => (turns += 1), 1);
  onTestFinished(() => clearInterval(counting));
  const before = await thread.ask('answer');
  await expect(thread.ask('spin')).rejects.toThrow(ThreadTimeout);
  expect(turns).toBeGreaterThan(1);
  expect(await thread.ask('answer')).not.toBe(before);
});

test.each(['costly', 'pattern', 'fill'] as const)(
  'a thread that uses more CPU time or memory than it may is ended, and another one answers: %s',
  async (order) => {
    const thread = newThread(60_000);
    const before = await thread.ask('answer');
    await expect(thread.ask(order)).rejects.toThrow(ThreadTooCostly);
    expect(await thread.ask('answer')).not.toBe(before);
  },
);

test('the CPU time of a question counts for each piece of its work alone, and not after the answer', async () => {
  const thread = newThread(60_000);
  const first = await thread.ask('answer');
  expect(await thread.ask('pieces')).toBe(300);
  expect(await thread.ask('spend')).toBe(300);
  expect(await thread.ask('answer')).toBe(first);
});

test('a thread that fails or ends by itself fails its question alone', async () => {
  const thread = newThread();
  await expect(thread.ask('throw')).rejects.toThrow('the thread cannot do that');
  await expect(thread.ask('exit')).rejects.toThrow('the thread ended with 3');
  expect(await thread.ask('answer')).toBeGreaterThan(0);
});

test('a module that cannot be loaded, or never says that it is ready, fails the question', async () => {
  const missing = createThread(new URL('./no-such-module.ts', import.meta.url), { timeoutMs: 1, memoryMaxMb: 32 });
  await expect(missing.ask('answer')).rejects.toThrow('no-such-module');
  const mute = createThread(new URL('./thread.ts', import.meta.url), { timeoutMs: 1, memoryMaxMb: 32 });
  await expect(mute.ask('answer')).rejects.toThrow('before it was ready');
});

test('a retired thread still answers, with a thread for each question', async () => {
  const thread = newThread();
  const first = await thread.ask('answer');
  thread.retire();
  const second = await thread.ask('answer');
  expect(second).not.toBe(first);
  expect(await thread.ask('answer')).not.toBe(second);
});
