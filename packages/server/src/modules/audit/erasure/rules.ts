/** Which rule says how long a row is kept, and which rows a legal hold covers: decided without I/O. */
import type { auditRules } from '@tenant-registry/db';

type Rule = Pick<auditRules.RetentionRow, 'tenant_id' | 'product' | 'days'>;
type Scope = auditRules.AuditScope;

/** Returns for how many days rows of the scope are kept: by its most specific rule, a tenant's before a product's. */
export function daysOf(rules: readonly Rule[], scope: Scope, defaultDays: number): number {
  const over = rules.filter(
    ({ tenant_id, product }) =>
      (tenant_id === null || tenant_id === scope.tenant_id) && (product === null || product === scope.product),
  );
  const [first] = over.sort((a, b) => weight(b) - weight(a));
  return first?.days ?? defaultDays;
}

function weight({ tenant_id, product }: Scope): number {
  return (tenant_id === null ? 0 : 2) + (product === null ? 0 : 1);
}

/** Returns for how many days the shortest-lived rows of a log are kept, at the least. */
export function shortestDaysOf(rules: readonly Rule[], log: string, defaultDays: number): number {
  const products = [null, ...new Set(rules.map(({ product }) => product))];
  return Math.min(...products.map((product) => daysOf(rules, { tenant_id: log, product }, defaultDays)));
}

/** Tells whether one of the holds of the row's log covers the row. */
export function isHeld(holds: readonly Pick<Scope, 'product'>[], product: string | null): boolean {
  return holds.some((hold) => hold.product === null || hold.product === product);
}
