import { byId, defineRequests } from '../../../test/support/requests.ts';
import { madeIn } from '../../../test/support/server.ts';

declare module '../../../test/support/requests.ts' {
  interface Things {
    /** The id of an event that a product reported. */
    readonly auditEvent: string;
  }
}

const event = { action: 'report.opened', actor: { type: 'user', id: 'u1', name: 'Ada' } };
const REPORTED = 'products tell of what happened, also to a tenant that is read-only';

export const requests = defineRequests({
  things: {
    auditEvent: { make: async (server, { tenant_id }) => (await madeIn(server, tenant_id, 'audit', event)).id },
  },
  operations: {
    append_audit_event: { whenFrozen: REPORTED, request: ({ tenant_id }) => ({ body: { tenant_id, ...event } }) },
    append_audit_events: {
      whenFrozen: REPORTED,
      request: ({ tenant_id }) => ({ body: { events: [{ tenant_id, ...event }] } }),
    },
    list_audit_events: { needs: ['auditEvent'], request: ({ tenant_id }) => ({ query: `?tenant_id=${tenant_id}` }) },
    get_audit_event: { needs: ['auditEvent'], request: ({ auditEvent }) => byId(auditEvent) },
    // One event is one line, which is also one JSON text.
    export_audit_events: {
      needs: ['auditEvent'],
      request: ({ tenant_id }) => ({ query: `?tenant_id=${tenant_id}&action=report.opened` }),
    },
  },
});
