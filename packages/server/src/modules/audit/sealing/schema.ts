/** The event that carries a sealed audit row, for those who keep them elsewhere. */
import { z } from 'zod';
import { defineEvent } from '../../../kernel/events.ts';
import { id } from '../../../kernel/schema.ts';
import { auditEvent } from '../schema.ts';

export const auditEventSealed = defineEvent({
  type: 'audit.event',
  description:
    'An audit row was sealed: the row as a whole, in the order of its log. Only webhooks and readers that name it get it (`audit.event` or `audit.*`), and they need `audit:read`. It has no audit row.',
  payload: z
    .object({
      log: id.describe('The id of the log: that of the tenant, the nil UUID for the log of the platform.'),
      index: z
        .int()
        .min(0)
        .meta({ description: 'The place of its leaf in the log.', examples: [40] }),
      event: auditEvent.describe('The audit event, as `GET /v1/audit/{id}` showed it then.'),
    })
    .meta({ id: 'AuditEventSealed', description: 'An audit event, and its place in its log.' }),
  subject: ({ event: { id, tenant_id, project_id, product } }) => ({
    tenant_id,
    project_id,
    product,
    target: { type: 'audit_event', id, name: null },
  }),
  audited: false,
});

export const sealingEvents = { auditEventSealed };
