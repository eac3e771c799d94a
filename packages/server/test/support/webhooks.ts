/** Webhooks of tests: made, and given events to deliver. */
import { runWorker, type TestServer } from './server.ts';

/** A host that never answers: its name has no address. */
export const NOWHERE = 'https://hooks.acme.example/registry';

/** Gives every event that was committed its place in the log, and its deliveries. */
export async function sequenceAll(server: TestServer): Promise<void> {
  while ((await runWorker(server, 'events-sequence')) > 0);
}

/** Creates a webhook for all events of the tenant, unless told otherwise; null: of the platform. */
export async function newWebhook(
  server: TestServer,
  tenant_id: string | null,
  fields: Readonly<Record<string, unknown>> = {},
) {
  const { status, body } = await server.call('POST /v1/webhooks', {
    body: { ...(tenant_id === null ? {} : { tenant_id }), url: NOWHERE, event_types: ['*'], ...fields },
  });
  if (status !== 201) throw new Error(`could not make a webhook: ${JSON.stringify(body)}`);
  return body;
}

/** The deliveries to a webhook, those of the newest events first. */
export async function deliveriesOf(server: TestServer, id: string, query = '') {
  return (await server.call(`GET /v1/webhooks/${id}/deliveries${query}`)).body.items;
}
