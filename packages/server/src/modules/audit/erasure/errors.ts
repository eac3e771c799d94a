import { defineError } from '../../../kernel/errors.ts';

export const erasureErrors = {
  legalHold: defineError({
    code: 'legal_hold',
    status: 'CONFLICT',
    detail:
      'These audit rows are under a legal hold: nothing may erase them, or delete them earlier, until it is released.',
  }),
  holdExists: defineError({
    code: 'hold_exists',
    status: 'CONFLICT',
    detail: 'There is a legal hold of exactly this scope already.',
    constraint: 'audit_holds_tenant_id_product_key',
  }),
} as const;
