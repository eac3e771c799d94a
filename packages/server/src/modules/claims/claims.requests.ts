import { defineRequests } from '../../../test/support/requests.ts';

export const requests = defineRequests({
  operations: { get_keycloak_claims: { request: ({ tenant_slug }) => ({ body: { tenant_slug } }) } },
});
