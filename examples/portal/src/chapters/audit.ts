/** The portal's audit page: the latest events with their actors, the events of the keys, and the whole log as a file. */
import type { Client } from '@tenant-registry/client';
import { expect, step } from '../describe.ts';

export async function readAuditLog(portal: Client, tenant_id: string): Promise<void> {
  const { items, next_cursor } = await portal.audit.list({ tenant_id, limit: 3 });
  const latest = items.map(({ action, actor }) => `${action} by ${actor.id}`);
  expect(next_cursor !== null, 'the audit log has more than one page');
  step(`read the latest events of the audit log: ${latest.join(', ')}`);

  const actions: string[] = [];
  for await (const { action } of portal.audit.list({ tenant_id, action: 'api_key.*', limit: 2 }))
    actions.unshift(action);
  expect(
    actions.join() === 'api_key.created,api_key.rotated,api_key.created,api_key.revoked',
    'the audit log has the whole life of the keys',
  );
  step(`read the events of the keys, over all pages: ${actions.join(', ')}`);

  let events = 0;
  for await (const event of portal.audit.export({ tenant_id })) if (event.tenant_id === tenant_id) events += 1;
  let csv = '';
  for await (const text of portal.audit.export({ tenant_id, format: 'csv' })) csv += text;
  expect(csv.trimEnd().split('\r\n').length === events + 1, 'the file has a line for each event, and a header');
  step(`exported ${events} events, as JSON lines and as CSV`);
}
