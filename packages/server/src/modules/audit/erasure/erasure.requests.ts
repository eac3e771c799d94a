import { byId, defineRequests } from '../../../../test/support/requests.ts';
import { madeIn } from '../../../../test/support/server.ts';

declare module '../../../../test/support/requests.ts' {
  interface Things {
    /** The id of a redaction in the tenant's log. */
    readonly redaction: string;
    /** The product that a rule of retention in the tenant's log is about. */
    readonly retainedProduct: string;
    /** The product that is under a legal hold in the tenant's log. */
    readonly heldProduct: string;
  }
}

const LOG = 'the log of a tenant is read-only by nature, and what is done to it is the operator’s';
const asked = { subject: { actor_id: 'u1' }, groups: ['who'], reason: 'Request 1.' };

export const requests = defineRequests({
  things: {
    redaction: {
      make: async (server, { tenant_id }) =>
        (await server.call('POST /v1/audit/redactions', { body: { tenant_id, ...asked } })).body.id,
    },
    retainedProduct: {
      make: async (server, { tenant_id }) => {
        await server.call('PUT /v1/audit/retention', { body: { tenant_id, product: 'ruled', days: 400 } });
        return 'ruled';
      },
      unknown: 'no-such-product',
    },
    heldProduct: {
      make: async (server, { tenant_id }) => {
        await madeIn(server, tenant_id, 'audit/holds', { product: 'held', reason: 'Case 1.' });
        return 'held';
      },
      unknown: 'no-such-product',
    },
  },
  operations: {
    request_audit_redaction: { whenFrozen: LOG, request: ({ tenant_id }) => ({ body: { tenant_id, ...asked } }) },
    list_audit_redactions: {
      needs: ['redaction'],
      request: ({ tenant_id }) => ({ query: `?tenant_id=${tenant_id}` }),
    },
    get_audit_redaction: { needs: ['redaction'], request: ({ redaction }) => byId(redaction) },
    list_audit_retention: {
      namesNoTenant: 'operators alone read the rules, and those of all logs',
      request: () => ({ query: '?limit=1' }),
    },
    set_audit_retention: {
      whenFrozen: LOG,
      request: ({ tenant_id }) => ({ body: { tenant_id, product: 'certifai', days: 400 } }),
    },
    remove_audit_retention: {
      needs: ['retainedProduct'],
      whenFrozen: LOG,
      request: ({ tenant_id, retainedProduct }) => ({ query: `?tenant_id=${tenant_id}&product=${retainedProduct}` }),
    },
    list_audit_holds: {
      namesNoTenant: 'operators alone read the holds, and those of all logs',
      request: () => ({ query: '?limit=1' }),
    },
    place_audit_hold: {
      whenFrozen: LOG,
      request: ({ tenant_id }) => ({ body: { tenant_id, product: 'certifai', reason: 'Case 2.' } }),
    },
    release_audit_hold: {
      needs: ['heldProduct'],
      whenFrozen: LOG,
      request: ({ tenant_id, heldProduct }) => ({ query: `?tenant_id=${tenant_id}&product=${heldProduct}` }),
    },
  },
});
