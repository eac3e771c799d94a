/** Events that products report, for the tests of the audit log. */
import { expect } from 'vitest';
import type { TestServer } from './server.ts';

/** The least that an event needs, and what is given. */
export const eventOf = (fields: Record<string, unknown> = {}) => ({
  actor: { type: 'user', id: 'u-1' },
  action: 'report.exported',
  ...fields,
});

/** Reports one as a product does, and returns it as it was written. */
export async function appendEvent({ call, internalToken: token }: TestServer, fields: Record<string, unknown> = {}) {
  const { status, body } = await call('POST /v1/audit', { body: eventOf(fields), token });
  expect(status, JSON.stringify(body)).toBe(201);
  return body;
}

/** Reports many at once. */
export function appendEvents({ call, internalToken: token }: TestServer, events: unknown) {
  return call('POST /v1/audit/bulk', { body: { events }, token });
}

/** Returns the number of events in the audit log, of all tenants. */
export async function countEvents({ app }: TestServer): Promise<number> {
  const count = app.deps.db.selectFrom('audit_log').select((eb) => eb.fn.countAll<number>().as('n'));
  return (await count.executeTakeFirstOrThrow()).n;
}
