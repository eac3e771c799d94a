/** What became known of a request while it was answered, for its line in the log. */

export interface RequestFacts {
  /** The code of the problem that it was answered with. */
  code?: string;
  /** The tenant that it is about. */
  tenant_id?: string;
  /** The trace that it belongs to. */
  trace_id?: string;
}

interface Followed {
  readonly facts: RequestFacts | null;
}

const UUID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;

/** Notes the tenant. A value that is no id is left out: whatever a caller sent by mistake is not logged. */
export function noteTenant({ facts }: Followed, tenantId: unknown): void {
  if (facts !== null && typeof tenantId === 'string' && UUID.test(tenantId)) facts.tenant_id = tenantId;
}

/** Notes the tenant that an input or an answer names. */
export function noteTenantOf(ctx: Followed, told: unknown): void {
  if (typeof told === 'object' && told !== null && 'tenant_id' in told) noteTenant(ctx, told.tenant_id);
}
