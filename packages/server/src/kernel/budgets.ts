/**
 * What a caller and its tenant may spend in a minute. Requests are counted by principal and by tenant, so that a tenant's
 * keys, which may make further keys, do not each begin with a budget of their own. A tenant also has a budget of cost:
 * one unit a request, one for each further 16 KiB of its answer, and a surcharge for work that takes much more than that.
 */
import type { Actor } from './actor.ts';
import type { Clock } from './clock.ts';
import { type DomainError, kernelErrors } from './errors.ts';
import { createLru } from './lru.ts';
import type { SharedCounts } from './shared-counts.ts';

const MINUTE_MS = 60_000;
/** Principals and tenants that are remembered; the least recently seen of them are forgotten first. */
const SPENDERS_MAX = 100_000;

/** The bytes of an answer that one unit of cost pays for. */
export const BYTES_PER_UNIT = 16_384;

/** Units on top of a request's one, by the kind of work: a unit stands for about half a millisecond of a core. */
export const surcharges = {
  /** A hash of 64 MiB. */
  argon2: 100,
  /** A request to another server, which may take seconds to answer. */
  outbound: 100,
  /** A statement for each further 256 KiB, and a place of a gate. */
  export: 50,
} as const;

export type Surcharge = keyof typeof surcharges;

/** Of this process, or of its group, in a minute; 0: no limit. */
export interface BudgetLimits {
  /** Requests of one principal. */
  readonly principalPerMinute: number;
  /** Requests of all principals of a tenant. */
  readonly tenantPerMinute: number;
  /** Units of cost of a tenant. */
  readonly tenantCostPerMinute: number;
}

export const budgetNames = ['principal_requests', 'tenant_requests', 'tenant_cost'] as const;

/** How far a budget is used, now. */
export interface Standing {
  readonly budget: (typeof budgetNames)[number];
  readonly limit: number;
  readonly remaining: number;
  /** Until all of it is there again. */
  readonly reset_seconds: number;
}

type Spender = Pick<Actor, 'principal' | 'tenant_id'>;

export interface Budgets {
  /** Counts a request before it is answered. Throws `rate_limited` when a budget is used up, and then counts nothing. */
  spend(spender: Spender, surcharge?: Surcharge): void;
  /** Counts units of cost on top of a request's own. */
  charge(spender: Spender, units: number): void;
  /** Every budget that the spender has. */
  standings(spender: Spender): Standing[];
}

interface Spent {
  readonly endsAt: number;
  requests: number;
  units: number;
}

export interface BudgetParts {
  readonly clock: Clock;
  /** Is told which budget a refused request found used up. */
  readonly refused: (budget: Standing['budget']) => void;
  /** Counts what other processes of the group spend too; absent: the process is alone. */
  readonly sharedCounts?: SharedCounts | null;
}

/** Makes the budgets of this process. */
export function createBudgets(
  { principalPerMinute, tenantPerMinute, tenantCostPerMinute }: BudgetLimits,
  { clock, refused, sharedCounts = null }: BudgetParts,
): Budgets {
  const spenders = createLru<Spent>(SPENDERS_MAX);
  const spentBy = (name: string, now: number): Spent => {
    const known = spenders.get(name);
    // A clock that was set back must not make a minute longer.
    if (known !== undefined && known.endsAt > now && known.endsAt <= now + MINUTE_MS) return known;
    const spent = { endsAt: now + MINUTE_MS, requests: 0, units: 0 };
    spenders.set(name, spent);
    return spent;
  };
  const space = sharedCounts?.space() ?? '';
  const [ofRequests, ofUnits] = [`${space}requests `, `${space}units `];
  /** Tells the group; a process that is alone does nothing for it. */
  const spentHere = ({ principal, tenant_id }: Spender, requests: number, units: number) => {
    if (sharedCounts === null) return;
    if (requests > 0) sharedCounts.note(`${ofRequests}principal ${principal}`, requests);
    if (tenant_id === null) return;
    if (requests > 0) sharedCounts.note(`${ofRequests}tenant ${tenant_id}`, requests);
    sharedCounts.note(`${ofUnits}tenant ${tenant_id}`, units);
  };
  sharedCounts?.onCount((name, amount) => {
    const now = clock().getTime();
    if (name.startsWith(ofRequests)) spentBy(name.slice(ofRequests.length), now).requests += amount;
    else if (name.startsWith(ofUnits)) spentBy(name.slice(ofUnits.length), now).units += amount;
  });
  const spentAt = ({ principal, tenant_id }: Spender, now: number) => ({
    own: spentBy(`principal ${principal}`, now),
    tenant: tenant_id === null ? undefined : spentBy(`tenant ${tenant_id}`, now),
  });
  const standingsOf = ({ own, tenant }: ReturnType<typeof spentAt>, now: number): Standing[] => [
    ...standing('principal_requests', principalPerMinute, own.requests, own.endsAt - now),
    ...(tenant === undefined ? [] : standing('tenant_requests', tenantPerMinute, tenant.requests, tenant.endsAt - now)),
    ...(tenant === undefined ? [] : standing('tenant_cost', tenantCostPerMinute, tenant.units, tenant.endsAt - now)),
  ];
  return {
    standings(spender) {
      const now = clock().getTime();
      return standingsOf(spentAt(spender, now), now);
    },
    spend(spender, surcharge) {
      const now = clock().getTime();
      const spent = spentAt(spender, now);
      const empty = standingsOf(spent, now).find(({ remaining }) => remaining === 0);
      if (empty !== undefined) {
        refused(empty.budget);
        throw usedUp(empty);
      }
      const { own, tenant } = spent;
      const units = 1 + (surcharge === undefined ? 0 : surcharges[surcharge]);
      own.requests += 1;
      spentHere(spender, 1, units);
      if (tenant === undefined) return;
      tenant.requests += 1;
      tenant.units += units;
    },
    charge(spender, units) {
      const { tenant } = spentAt(spender, clock().getTime());
      if (tenant === undefined || units === 0) return;
      tenant.units += units;
      spentHere(spender, 0, units);
    },
  };
}

/** The units that an answer costs on top of its request, which pays for the first of them. */
export function unitsOf(bytes: number): number {
  return Math.max(0, Math.ceil(bytes / BYTES_PER_UNIT) - 1);
}

/** None, when there is no limit. */
function standing(budget: Standing['budget'], limit: number, used: number, leftMs: number): Standing[] {
  if (limit === 0) return [];
  return [{ budget, limit, remaining: Math.max(0, limit - used), reset_seconds: Math.ceil(leftMs / 1000) }];
}

const details: Readonly<Record<Standing['budget'], string>> = {
  principal_requests: 'You sent too many requests: wait as long as Retry-After says.',
  tenant_requests: 'The people and keys of your tenant sent too many requests: wait as long as Retry-After says.',
  tenant_cost: 'The requests of the people and keys of your tenant cost too much: wait as long as Retry-After says.',
};

function usedUp({ budget, reset_seconds }: Standing): DomainError {
  return kernelErrors.rateLimited({ retryAfter: reset_seconds, detail: details[budget] });
}
