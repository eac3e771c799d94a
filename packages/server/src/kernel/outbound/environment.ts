/** OUTBOUND_*: hosts that may be fetched from although they are not public, and the name servers to ask for hosts. */
import { z } from 'zod';
import { defineSettings, listIn, variable } from '../settings.ts';
import { nameServer } from './names.ts';
import { type OutboundEntry, outboundEntry } from './policy.ts';

const outboundAllow = z
  .string()
  .transform((list, context) => list.split(',').map((text) => readEntry(text.trim(), context)))
  .default([]);

function readEntry(text: string, context: z.RefinementCtx): OutboundEntry {
  const entry = outboundEntry(text);
  if (entry !== undefined) return entry;
  context.addIssue({
    code: 'custom',
    message: `has ${JSON.stringify(text)}, which is no host, host:port, address or network`,
  });
  return z.NEVER;
}

const nameServers = z
  .string()
  .transform((list, context) => listIn(list).map((text) => readNameServer(text, context)))
  .default([]);

function readNameServer(text: string, context: z.RefinementCtx): string {
  const server = nameServer(text);
  if (server !== undefined) return server;
  const message = `has ${JSON.stringify(text)}, which is no address and no address:port`;
  context.addIssue({ code: 'custom', message });
  return z.NEVER;
}

export const outboundSettings = defineSettings({
  variables: {
    OUTBOUND_ALLOW: variable(outboundAllow, {
      about:
        'Identity providers and webhooks are reached at public addresses and over https only. What is named here is reached all the same: hosts, host:port, addresses or networks, separated by commas; a named host also over plain http (localhost:8080).',
    }),
    OUTBOUND_DNS_SERVERS: variable(nameServers, {
      about:
        'Name servers that are asked for the hosts of identity providers and webhooks: addresses or address:port, separated by commas. Empty: those of the system. Names in the hosts file are known without asking.',
    }),
  },
  read: (data) => ({
    outboundAllow: data.OUTBOUND_ALLOW as readonly OutboundEntry[],
    /** As `address:port`; none: those of the system. */
    outboundNameServers: data.OUTBOUND_DNS_SERVERS as readonly string[],
  }),
});
