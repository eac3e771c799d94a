import { defineError } from '../../kernel/errors.ts';

export const entitlementErrors = {
  productNotFound: defineError({
    code: 'product_not_found',
    status: 'NOT_FOUND',
    detail: 'The catalog has no such product.',
    pointer: '/product',
  }),
  alreadyEntitled: defineError({
    code: 'already_entitled',
    status: 'CONFLICT',
    detail: 'The tenant has that product already.',
    constraint: 'tenant_products_pkey',
    pointer: '/product',
  }),
  endInThePast: defineError({
    code: 'end_in_the_past',
    status: 'BAD_REQUEST',
    detail: 'The entitlement would already be over.',
    pointer: '/ends_at',
  }),
} as const;
