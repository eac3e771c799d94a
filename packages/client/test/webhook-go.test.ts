// engine: none
/**
 * Deliveries that are signed with ed25519, verified by Go's standard library and by the SDK. Skipped where Go is absent;
 * there it fails where CI is set.
 */
import { execFile, spawn } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { verifyWebhook } from '../src/webhooks.ts';
import { newEvent, newKeyPair, newSecret, type SignedDelivery, signedEvent } from './webhook-signing.ts';

const program = fileURLToPath(new URL('go-verifier/main.go', import.meta.url));
const run = promisify(execFile);

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'go-verifier-'));
});
afterAll(() => rm(folder, { recursive: true }));

interface Case extends SignedDelivery {
  readonly key: string;
}

/** A delivery of each kind: as signed, with any part changed, and among signatures of other keys and versions. */
function cases(): Case[] {
  const pair = newKeyPair();
  const delivery = signedEvent(newEvent(), [pair]);
  const { headers, body } = delivery;
  const key = pair.verifiedBy;
  const changed = (name: keyof SignedDelivery['headers'], value: string): Case => ({
    key,
    body,
    headers: { ...headers, [name]: value },
  });
  const flipped = Buffer.from(headers['webhook-signature'].slice('v1a,'.length), 'base64');
  const bit = Math.floor(Math.random() * flipped.length * 8);
  flipped[bit >> 3] = (flipped[bit >> 3] ?? 0) ^ (1 << (bit & 7));
  return [
    { ...delivery, key },
    { ...signedEvent(newEvent(), [newSecret(), newKeyPair(), pair]), key },
    { ...signedEvent(newEvent(), [newSecret(), newKeyPair()]), key },
    { ...delivery, key: newKeyPair().verifiedBy },
    { ...delivery, key, body: body.replace('ö', 'o') },
    changed('webhook-id', newEvent().id),
    changed('webhook-timestamp', String(Number(headers['webhook-timestamp']) + 1)),
    changed('webhook-signature', `v1a,${flipped.toString('base64')}`),
    changed('webhook-signature', headers['webhook-signature'].replace('v1a', 'v1')),
  ];
}

test('Go accepts and refuses exactly the deliveries that the SDK accepts and refuses', async ({ skip }) => {
  const isMissing = await run('go', ['version']).then(
    () => false,
    () => true,
  );
  if (isMissing && process.env['CI'] !== 'true') skip('needs go');
  expect(isMissing, 'go is missing').toBe(false);
  const deliveries = Array.from({ length: 50 }, cases).flat();

  const verdicts = await verdictsOfGo(deliveries);
  const ours = await Promise.all(deliveries.map(isAccepted));
  expect(verdicts).toEqual(ours);
  expect(verdicts.filter((each) => each).length).toBe(100);
});

function isAccepted({ headers, body, key }: Case): Promise<boolean> {
  return verifyWebhook(headers, body, key).then(
    () => true,
    () => false,
  );
}

async function verdictsOfGo(deliveries: readonly Case[]): Promise<boolean[]> {
  const built = join(folder, 'verify');
  await run('go', ['build', '-o', built, program]);
  const child = spawn(built, { stdio: ['pipe', 'pipe', 'inherit'] });
  const lines = deliveries.map(({ headers, body, key }) =>
    JSON.stringify({
      key,
      id: headers['webhook-id'],
      timestamp: headers['webhook-timestamp'],
      signature: headers['webhook-signature'],
      body: Buffer.from(body).toString('base64'),
    }),
  );
  child.stdin.end(`${lines.join('\n')}\n`);
  return (await text(child.stdout))
    .trimEnd()
    .split('\n')
    .map((line) => line === 'true');
}
