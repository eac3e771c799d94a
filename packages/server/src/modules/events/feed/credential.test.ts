import { expect, onTestFinished, test, vi } from 'vitest';
import { readEvents } from '../../../../test/support/event-reader.ts';
import { madeIn, newTenant, testServer } from '../../../../test/support/server.ts';

const server = testServer();

// proves C24
test('the stream of a revoked key ends at the next beat, and those of other callers go on', async () => {
  vi.useFakeTimers({ toFake: ['setInterval', 'clearInterval', 'performance'] });
  onTestFinished(() => void vi.useRealTimers());
  const { id: tenant_id } = await newTenant(server);
  const fields = { scopes: ['registry:events:read'] };
  const [lost, kept] = [
    await madeIn(server, tenant_id, 'api-keys', { name: 'lost', ...fields }),
    await madeIn(server, tenant_id, 'api-keys', { name: 'kept', ...fields }),
  ];
  const tokens = [lost.key, kept.key, server.operatorToken];
  const readers = await Promise.all(tokens.map((token) => readEvents(server, { token })));
  for (const reader of readers) await reader.until(({ name }) => name === 'checkpoint');
  vi.advanceTimersByTime(15_000);
  for (const reader of readers) await reader.until(({ name }) => name === 'alive');
  expect((await server.call(`DELETE /v1/api-keys/${lost.id}`)).status).toBeLessThan(300);
  vi.advanceTimersByTime(15_000);
  const [first, ...others] = readers;
  expect(await first?.until(({ name }) => name === 'bye')).toMatchObject({ data: { reason: 'credential' } });
  await first?.ended;
  vi.advanceTimersByTime(15_000);
  const alive = (reader: (typeof readers)[number]) => reader.messages.filter(({ name }) => name === 'alive').length;
  for (const reader of others) await expect.poll(() => alive(reader)).toBe(3);
  const refused = await server.call('GET /v1/events', { token: lost.key });
  expect(refused.status).toBe(401);
  // Looking again was no guess.
  expect(server.logs.filter((line) => line.includes('"level":"error"'))).toEqual([]);
});
