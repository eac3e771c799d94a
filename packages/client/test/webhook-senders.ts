/** Senders of webhooks: the tests of the receiver in examples hold for each of them. */
import { setImmediate } from 'node:timers/promises';
import { Webhook } from 'standardwebhooks';
import type { RegistryEvent } from '../src/webhooks.ts';
import { newEvent, newKeyPair, newSecret, type SignedDelivery, secondsNow, signedEvent } from './webhook-signing.ts';

/** Delivers events to one URL as the registry does: at least once, each until it was accepted. */
export interface Sender {
  /** The keys that the receiver verifies with. */
  readonly keys: readonly string[];
  /** Lets so many things happen, and resolves to the ids of their events once they were accepted. */
  happen(count: number): Promise<readonly string[]>;
  /** Delivers events once more that were accepted before, and resolves once they were accepted. */
  repeat(ids: readonly string[]): Promise<void>;
  close(): Promise<void>;
}

export type StartSender = (url: string) => Promise<Sender>;

export const senders: readonly [string, StartSender][] = [
  ['a sender that signs with standardwebhooks', (url) => signingSender(url, withStandardWebhooks())],
  ['a sender that signs with ed25519', (url) => signingSender(url, withKeyPair())],
];

interface Signer {
  readonly keys: readonly string[];
  sign(event: RegistryEvent): SignedDelivery;
}

function withStandardWebhooks(): Signer {
  const { verifiedBy } = newSecret();
  return {
    keys: [verifiedBy],
    sign(event) {
      const body = JSON.stringify(event);
      const at = secondsNow();
      const signature = new Webhook(verifiedBy).sign(event.id, new Date(at * 1_000), body);
      const headers = { 'webhook-id': event.id, 'webhook-timestamp': `${at}`, 'webhook-signature': signature };
      return { headers, body };
    },
  };
}

function withKeyPair(): Signer {
  const [current, next] = [newKeyPair(), newKeyPair()];
  return { keys: [next.verifiedBy, current.verifiedBy], sign: (event) => signedEvent(event, [current]) };
}

async function signingSender(url: string, { keys, sign }: Signer): Promise<Sender> {
  const sent = new Map<string, RegistryEvent>();
  /** Delivers eight events at a time, each until it is accepted. */
  const deliver = async (events: readonly RegistryEvent[]): Promise<void> => {
    const left = [...events];
    const lane = async () => {
      for (let event = left.shift(); event !== undefined; event = left.shift())
        while (!(await isAccepted(url, sign(event)))) await setImmediate();
    };
    await Promise.all(Array.from({ length: 8 }, lane));
  };
  return {
    keys,
    async happen(count) {
      const events = Array.from({ length: count }, () => newEvent());
      for (const event of events) sent.set(event.id, event);
      await deliver(events);
      return events.map(({ id }) => id);
    },
    async repeat(ids) {
      await deliver([...sent.values()].filter(({ id }) => ids.includes(id)));
    },
    async close() {},
  };
}

/** Resolves to whether the receiver accepted; one that is away did not. */
async function isAccepted(url: string, { headers, body }: SignedDelivery): Promise<boolean> {
  try {
    return (await fetch(url, { method: 'POST', headers, body })).ok;
  } catch {
    return false;
  }
}
