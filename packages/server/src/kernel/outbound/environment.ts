/** OUTBOUND_ALLOW: what may be fetched although it is not public. */
import { z } from 'zod';
import { defineSettings, variable } from '../settings.ts';
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

export const outboundSettings = defineSettings({
  variables: {
    OUTBOUND_ALLOW: variable(outboundAllow, {
      about:
        'Identity providers are fetched from public addresses and over https only. What is named here is fetched all the same: hosts, host:port, addresses or networks, separated by commas; a named host also over plain http (localhost:8080).',
    }),
  },
  read: (data) => ({ outboundAllow: data.OUTBOUND_ALLOW as readonly OutboundEntry[] }),
});
