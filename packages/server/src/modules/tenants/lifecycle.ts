/** The life of a tenant as a guarded machine: what may happen next is decided here, from facts alone. */
import { addDays } from '../../kernel/clock.ts';
import type { TenantStatus } from './schema.ts';

export type Transition = 'activate' | 'cancel' | 'archive';

/** The length of a new customer's trial. */
export const TRIAL_DAYS = 14;
/** The time in which a frozen tenant can be activated again. */
export const REACTIVATION_DAYS = 30;

export interface LifecycleFacts {
  readonly status: TenantStatus;
  /** RFC 3339; set while frozen. */
  readonly frozen_at: string | null;
}

/** The transitions that the tenant may take at that moment; empty when there is none. */
export function allowedTransitions({ status, frozen_at }: LifecycleFacts, now: Date): Transition[] {
  switch (status) {
    case 'trial':
      return ['activate', 'cancel'];
    case 'active':
      return ['cancel'];
    case 'frozen':
      return canReactivate(frozen_at, now) ? ['activate', 'archive'] : ['archive'];
    case 'archived':
    case 'demo':
      return [];
    default:
      return status satisfies never;
  }
}

function canReactivate(frozenAt: string | null, now: Date): boolean {
  return frozenAt !== null && now < addDays(new Date(frozenAt), REACTIVATION_DAYS);
}
