/** Specs from tiers: what an order may choose otherwise, decided from the tier alone. */
import { databaseErrors } from './errors.ts';
import type { DatabaseOverrides, DatabaseSpec, DatabaseTier } from './schema.ts';

type Field = keyof DatabaseTier['overrides'];
type Value = number | string;

const fields = ['instances', 'cpu', 'memory', 'storage', 'connections'] as const satisfies readonly Field[];

/** How many of the smallest unit each suffix means: thousandths of a core for cpu, Mi for bytes. */
const units: Readonly<Record<string, number>> = { m: 1, Mi: 1, Gi: 1_024, Ti: 1_048_576 };
const CORE = 1_000;

/** Returns a number that compares as the quantities of one field do: `500m` is less than `1`, `1Gi` is `1024Mi`. */
export function amountOf(field: Field, value: Value): number {
  if (typeof value === 'number') return value;
  const [, digits, suffix = ''] = /^(\d+)([A-Za-z]*)$/.exec(value) ?? [];
  const unit = suffix === '' && field === 'cpu' ? CORE : (units[suffix] ?? 1);
  return Number(digits) * unit;
}

/** Returns the spec that the tier gives with the overrides. Throws `override_not_allowed`. */
export function specOf(tier: DatabaseTier, overrides: DatabaseOverrides): DatabaseSpec {
  requireAllowed(tier, overrides);
  return { ...tier.spec, ...overrides };
}

export interface Ordered {
  readonly spec: DatabaseSpec;
  readonly overrides: DatabaseOverrides;
}

/**
 * Returns the spec of a database whose overrides change and whose tier stays: what is no longer overridden is the tier's
 * again, and everything else stays as it was ordered, though the tier may have changed since. Throws
 * `override_not_allowed`, `cannot_shrink`.
 */
export function respecified(tier: DatabaseTier, current: Ordered, overrides: DatabaseOverrides): DatabaseSpec {
  requireAllowed(tier, overrides);
  const given = fields.filter((field) => current.overrides[field] !== undefined);
  const ofTier = Object.fromEntries(given.map((field) => [field, tier.spec[field]]));
  const spec: DatabaseSpec = { ...current.spec, ...ofTier, ...overrides };
  requireNoShrink(current.spec, spec);
  return spec;
}

/** Throws `cannot_shrink` when there would be less storage. */
export function requireNoShrink(current: DatabaseSpec, next: DatabaseSpec): void {
  if (amountOf('storage', next.storage) < amountOf('storage', current.storage))
    throw databaseErrors.cannotShrink({
      detail: `Storage never shrinks: there are ${current.storage}, and ${next.storage} would be less. Order another database.`,
    });
}

function requireAllowed({ name, overrides: bounds }: DatabaseTier, overrides: DatabaseOverrides): void {
  for (const field of fields) {
    const value = overrides[field];
    const mistake = value === undefined ? undefined : mistakeOf(field, value, bounds[field]);
    if (mistake === undefined) continue;
    const message = `is refused: the tier ${name} ${mistake}`;
    throw databaseErrors.overrideNotAllowed({
      detail: `The tier ${name} ${mistake}.`,
      errors: [{ pointer: `/overrides/${field}`, message }],
    });
  }
}

function mistakeOf(field: Field, value: Value, bound: DatabaseTier['overrides'][Field]): string | undefined {
  if (bound === undefined) return `allows no other ${field}`;
  const { min, max } = bound;
  const amount = amountOf(field, value);
  if (min !== null && amount < amountOf(field, min)) return `allows a ${field} of ${min} at least`;
  if (max !== null && amount > amountOf(field, max)) return `allows a ${field} of ${max} at most`;
  return undefined;
}
