import { defineError } from '../../kernel/errors.ts';

export const catalogErrors = {
  requestOpen: defineError({
    code: 'request_open',
    status: 'CONFLICT',
    detail: 'The tenant already waits for an answer about that product.',
    constraint: 'catalog_requests_tenant_id_product_key',
    pointer: '/product',
  }),
  requestDecided: defineError({
    code: 'request_decided',
    status: 'CONFLICT',
    detail: 'The request is granted or rejected already.',
  }),
  trialUsed: defineError({
    code: 'trial_used',
    status: 'CONFLICT',
    detail: 'The tenant has had its one trial of that product.',
    constraint: 'catalog_requests_tenant_id_product_trial_key',
    pointer: '/product',
  }),
} as const;
