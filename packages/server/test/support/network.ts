/** Networks and sub-ranges as the API makes them. */
import type { TestServer } from './server.ts';

let made = 0;

/** A range of 254 addresses that no other network of the file has: those of two tenants in one space may not overlap. */
export function nextRange(): string {
  made += 1;
  return `10.${100 + Math.floor(made / 256)}.${made % 256}.0/24`;
}

/** Gives the tenant a network: a range of its own unless told otherwise. */
export async function newNetwork(
  server: TestServer,
  tenant_id: string,
  cidr = nextRange(),
  fields: Record<string, unknown> = {},
) {
  const { status, body } = await server.call(`PUT /v1/tenants/${tenant_id}/network`, { body: { cidr, ...fields } });
  if (status !== 200) throw new Error(`could not make a network: ${JSON.stringify(body)}`);
  return body;
}

/** Gives the project a sub-range: one of 16 addresses unless told otherwise. */
export async function newSubRange(
  server: TestServer,
  project_id: string,
  fields: Record<string, unknown> = { prefix_length: 28 },
) {
  const { status, body } = await server.call(`PUT /v1/projects/${project_id}/sub-range`, { body: fields });
  if (status !== 200) throw new Error(`could not make a sub-range: ${JSON.stringify(body)}`);
  return body;
}
