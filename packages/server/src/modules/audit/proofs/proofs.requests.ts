import { signNow } from '../../../../test/support/audit-log.ts';
import { byId, defineRequests } from '../../../../test/support/requests.ts';
import { madeIn } from '../../../../test/support/server.ts';

declare module '../../../../test/support/requests.ts' {
  interface Things {
    /** The id of an event that a checkpoint covers. */
    readonly provenAuditEvent: string;
  }
}

const event = { action: 'report.signed', actor: { type: 'user', id: 'u1', name: 'Ada' } };

export const requests = defineRequests({
  things: {
    provenAuditEvent: {
      make: async (server, { tenant_id }) => {
        const { id } = await madeIn(server, tenant_id, 'audit', event);
        await signNow(server);
        return id;
      },
    },
  },
  operations: {
    get_audit_proof: { needs: ['provenAuditEvent'], request: ({ provenAuditEvent }) => byId(provenAuditEvent) },
    get_audit_checkpoint: {
      needs: ['provenAuditEvent'],
      request: ({ tenant_id }) => ({ query: `?tenant_id=${tenant_id}` }),
    },
    get_audit_consistency: {
      needs: ['provenAuditEvent'],
      request: ({ tenant_id }) => ({ query: `?tenant_id=${tenant_id}&first=1` }),
    },
    get_audit_verifiers: {
      namesNoTenant: 'the keys are the same for every log',
      withoutRows: 'the keys are in the environment',
      request: () => ({}),
    },
  },
});
