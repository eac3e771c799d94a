import { defineError } from '../../kernel/errors.ts';

export const trustBundleErrors = {
  bundleInvalid: defineError({
    code: 'bundle_invalid',
    status: 'BAD_REQUEST',
    detail: 'The trust bundle has no usable key for JWT-SVIDs.',
    pointer: '/keys',
  }),
  // The tenant is held alone while a bundle is set: never seen, but a unique constraint has an owner.
  bundleCollision: defineError({
    code: 'bundle_collision',
    status: 'CONFLICT',
    detail: 'The bundle of that trust domain was set at the same time: try again.',
    constraint: 'spiffe_trust_bundles_tenant_id_trust_domain_key',
  }),
} as const;
