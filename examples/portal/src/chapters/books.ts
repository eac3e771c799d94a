/** The audit page: what happened, who did it, and everything as a file. */
import type { Client } from '@tenant-registry/client';
import { expect, step } from '../describe.ts';

export async function keepBooks(portal: Client, tenant_id: string): Promise<void> {
  const { items, next_cursor } = await portal.audit.list({ tenant_id, limit: 3 });
  const latest = items.map(({ action, actor }) => `${action} by ${actor.id}`);
  expect(next_cursor !== null, 'there is more than one page');
  step(`the last of the audit log: ${latest.join(', ')}`);

  const actions: string[] = [];
  for await (const { action } of portal.audit.list({ tenant_id, action: 'api_key.*', limit: 2 }))
    actions.unshift(action);
  expect(actions.join() === 'api_key.created,api_key.rotated,api_key.revoked', 'the life of the keys is there');
  step(`about keys, over all pages: ${actions.join(', ')}`);

  let events = 0;
  for await (const event of portal.audit.export({ tenant_id })) if (event.tenant_id === tenant_id) events += 1;
  let csv = '';
  for await (const text of portal.audit.export({ tenant_id, format: 'csv' })) csv += text;
  expect(csv.trimEnd().split('\r\n').length === events + 1, 'the file has a line for each event, and a header');
  step(`exported ${events} events, and the same as CSV`);
}
