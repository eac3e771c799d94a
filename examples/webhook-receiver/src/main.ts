/**
 * A product that receives webhooks of the registry: it verifies each delivery, records each event once, and prints it. It
 * runs until it is stopped, and records nothing twice after a restart.
 */
import { env } from 'node:process';
import { openInbox } from './inbox.ts';
import { startReceiver } from './receiver.ts';

const { WEBHOOK_KEYS, INBOX = '.data/webhook-inbox.jsonl', PORT = '8060' } = env;

async function main(keys: readonly string[]): Promise<void> {
  const inbox = await openInbox(INBOX);
  const url = await startReceiver({ keys, inbox, port: Number(PORT) });
  console.log(`Webhooks are received at ${url}, with ${inbox.size} events recorded before.`);
}

try {
  if (!WEBHOOK_KEYS) throw new Error('set WEBHOOK_KEYS: the secret or public key of the endpoint; several with spaces');
  await main(WEBHOOK_KEYS.trim().split(/\s+/));
} catch (error) {
  console.error(error instanceof Error ? error.message : String(error));
  process.exitCode = 1;
}
