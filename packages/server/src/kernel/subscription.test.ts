// engine: none
import { TRPCError } from '@trpc/server';
import { expect, test } from 'vitest';
import type { Context } from './context.ts';
import { noRequest } from './context.ts';
import { kernelErrors } from './errors.ts';
import { createLogger } from './logger.ts';
import { ConnectionEnd } from './streams/tracked-events.ts';
import { procedure } from './trpc.ts';

/** Subscribes to what gives one value and then fails with the error; returns what the reader gets. */
async function failingWith(error: Error) {
  const logs: string[] = [];
  const actor = { type: 'platform', permissions: new Set() };
  const ctx = {
    ...noRequest,
    actor,
    constraints: new Map(),
    logger: createLogger('info', { write: (line) => logs.push(line) }),
  };
  const subscription = procedure(null).subscription(async function* () {
    yield 1;
    throw error;
  });
  const values: AsyncIterable<unknown> = await subscription({
    // The parts of a context that a subscription without a service uses.
    ctx: ctx as unknown as Context,
    path: 'things.follow',
    type: 'subscription',
    getRawInput: async () => undefined,
    signal: undefined,
    batchIndex: 0,
  } as never);
  const seen: unknown[] = [];
  try {
    for await (const value of values) seen.push(value);
  } catch (thrown) {
    seen.push(thrown);
  }
  return { seen, logs };
}

test('an error that comes while a subscription is read is answered like any other', async () => {
  const { seen, logs } = await failingWith(kernelErrors.forbidden());
  const [first, error] = seen;
  expect(first).toBe(1);
  expect(error).toBeInstanceOf(TRPCError);
  expect(error).toMatchObject({ code: 'FORBIDDEN', cause: { definition: { code: 'forbidden' } } });
  expect(logs).toEqual([]);
});

test('an unforeseen error says nothing of the inside, and is logged once', async () => {
  const { seen, logs } = await failingWith(new Error('the secret inside'));
  expect(seen[1]).toMatchObject({ code: 'INTERNAL_SERVER_ERROR', cause: { definition: { code: 'internal' } } });
  expect((seen[1] as Error).message).not.toContain('secret');
  expect(logs).toHaveLength(1);
  expect(logs[0]).toContain('"procedure":"things.follow"');
});

test('the end of a connection is no failure', async () => {
  const end = new ConnectionEnd('closing');
  const { seen, logs } = await failingWith(end);
  expect(seen).toEqual([1, end]);
  expect(logs).toEqual([]);
});
