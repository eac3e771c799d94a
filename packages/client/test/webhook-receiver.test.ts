// engine: none
/** The example of a receiver, run as its own process beside each of the senders. */
import { once } from 'node:events';
import { appendFile, readFile } from 'node:fs/promises';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { freePort } from '../../server/test/support/free-port.ts';
import { linesOf, urlAt, useReceiver } from './receiver-process.ts';
import { type Sender, type StartSender, senders } from './webhook-senders.ts';
import { newEvent, newSecret, signedEvent } from './webhook-signing.ts';

const { inbox, recorded, spawned, started } = useReceiver();

function sorted(ids: readonly string[]): string[] {
  return [...ids].sort();
}

describe.each(senders)('%s', (_, startSender: StartSender) => {
  let port: number;
  let sender: Sender;
  beforeEach(async () => {
    port = await freePort();
    sender = await startSender(urlAt(port));
  });
  afterEach(() => sender.close());

  test('each event is recorded and printed once, however often it is delivered, after a restart too', async () => {
    const first = await started(sender.keys, port);
    const ids = await sender.happen(5);
    await sender.repeat(ids);
    expect(sorted(await recorded())).toEqual(sorted(ids));
    await expect.poll(() => linesOf(first)).toBe(1 + ids.length);
    expect(first.output.error).toBe('');

    await first.kill();
    const second = await started(sender.keys, port);
    expect(second.output.out).toContain('5 events recorded before');
    await sender.repeat(ids);
    const more = await sender.happen(2);
    expect(sorted(await recorded())).toEqual(sorted([...ids, ...more]));
    await expect.poll(() => linesOf(second)).toBe(1 + more.length);
  });

  test('a receiver that is killed again and again while events arrive loses none and records none twice', async () => {
    const KILLS = 5;
    let running = await started(sender.keys, port);
    let done = false;
    const delivered = sender.happen(400).finally(() => {
      done = true;
    });
    for (let kills = 0; kills < KILLS && !done; kills += 1) {
      const target = running;
      await expect.poll(() => done || linesOf(target) > 3 * (kills + 2), { interval: 1 }).toBe(true);
      await running.kill();
      running = await started(sender.keys, port);
    }
    const ids = await delivered;
    await sender.repeat(ids);
    expect(sorted(await recorded())).toEqual(sorted(ids));
  });
});

test('a line that a crash left unfinished is taken away, and its event is recorded when it comes again', async () => {
  const key = newSecret();
  const port = await freePort();
  const [whole, torn] = [newEvent(), newEvent()];
  await appendFile(inbox(), `${JSON.stringify(whole)}\n${JSON.stringify(torn).slice(0, -9)}`);
  const { output } = await started([key.verifiedBy], port);
  expect(output.out).toContain('1 events recorded before');
  const { headers, body } = signedEvent(torn, [key]);
  expect((await fetch(urlAt(port), { method: 'POST', headers, body })).status).toBe(204);
  expect(await recorded()).toEqual([whole.id, torn.id]);
});

test('deliveries of strangers are refused and recorded nowhere, and the reason is printed without the key', async () => {
  const [key, stranger] = [newSecret(), newSecret()];
  const port = await freePort();
  const { output } = await started([key.verifiedBy], port);
  const { headers, body } = signedEvent(newEvent(), [stranger]);
  expect((await fetch(urlAt(port), { method: 'POST', headers, body })).status).toBe(400);
  expect((await fetch(urlAt(port))).status).toBe(405);
  expect((await fetch(new URL('/other', urlAt(port)), { method: 'POST', headers, body })).status).toBe(404);
  await expect.poll(() => output.error).toContain('None of the signatures');
  expect(output.error).not.toContain(key.verifiedBy.slice('whsec_'.length));
  expect(await readFile(inbox(), 'utf8')).toBe('');
});

test.each([
  ['', 'set WEBHOOK_KEYS'],
  ['whsec_hunter2', 'The key at index 0'],
])('with the key %j the receiver does not start, and says why', async (key, reason) => {
  const { child, output } = spawned([key], await freePort());
  const [code] = await once(child, 'close');
  expect([code, output]).toEqual([1, { out: '', error: expect.stringContaining(reason) }]);
  expect(output.error).not.toContain('hunter2');
});
