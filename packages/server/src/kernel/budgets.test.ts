// engine: none
import { expect, test } from 'vitest';
import { type BudgetLimits, BYTES_PER_UNIT, createBudgets, surcharges, unitsOf } from './budgets.ts';
import { DomainError } from './errors.ts';

function newBudgets(limits: Partial<BudgetLimits>) {
  const state = { nowMs: 1_000_000, refused: [] as string[] };
  const budgets = createBudgets(
    { principalPerMinute: 0, tenantPerMinute: 0, tenantCostPerMinute: 0, ...limits },
    { clock: () => new Date(state.nowMs), refused: (budget) => state.refused.push(budget) },
  );
  return { budgets, state };
}

const key = (principal: string, tenant_id: string | null = 'acme') => ({ principal, tenant_id });

const refusal = (work: () => void): DomainError => {
  try {
    work();
  } catch (error) {
    if (error instanceof DomainError) return error;
  }
  throw new Error('it was not refused');
};

test('principals of one tenant spend one budget, and a new principal does not begin with a fresh one', () => {
  const { budgets, state } = newBudgets({ tenantPerMinute: 3 });
  for (const each of ['a', 'b', 'c']) budgets.spend(key(each));
  const { definition, extras } = refusal(() => budgets.spend(key('new')));
  expect([definition.code, extras.retryAfter, state.refused]).toEqual(['rate_limited', 60, ['tenant_requests']]);
  budgets.spend(key('a', 'other'));
  for (let i = 0; i < 10; i += 1) budgets.spend(key('operator', null));
});

test('a budget is there again when its minute is over, and not before; what is refused counts nothing', () => {
  const { budgets, state } = newBudgets({ principalPerMinute: 2, tenantPerMinute: 3 });
  budgets.spend(key('a'));
  state.nowMs += 59_000;
  budgets.spend(key('a'));
  for (let i = 0; i < 5; i += 1) expect(refusal(() => budgets.spend(key('a'))).extras.retryAfter).toBe(1);
  budgets.spend(key('b'));
  expect(state.refused).toEqual(Array.from({ length: 5 }, () => 'principal_requests'));
  state.nowMs += 1_000;
  budgets.spend(key('a'));
  expect(budgets.standings(key('a')).map(({ remaining }) => remaining)).toEqual([1, 2]);
});

test('a tenant is charged for answers and for expensive work, and refused until it has a unit again', () => {
  const { budgets, state } = newBudgets({ tenantCostPerMinute: 300 });
  budgets.spend(key('a'), 'argon2');
  budgets.charge(key('a'), unitsOf(1_048_576));
  const [standing] = budgets.standings(key('b'));
  expect(standing).toEqual({ budget: 'tenant_cost', limit: 300, remaining: 300 - 101 - 63, reset_seconds: 60 });
  budgets.charge(key('b'), 1_000);
  expect(budgets.standings(key('a'))[0]?.remaining).toBe(0);
  expect(refusal(() => budgets.spend(key('c'))).message).toContain('cost too much');
  state.nowMs += 60_000;
  budgets.spend(key('c'));
});

test('the first 16 KiB of an answer belong to its request, and each further one begun is a unit', () => {
  expect([0, 1, BYTES_PER_UNIT, BYTES_PER_UNIT + 1, BYTES_PER_UNIT * 64].map(unitsOf)).toEqual([0, 0, 0, 1, 63]);
  expect(Math.min(...Object.values(surcharges))).toBeGreaterThan(1);
});

test('without a limit nothing is refused and there is nothing to tell', () => {
  const { budgets } = newBudgets({});
  for (let i = 0; i < 1_000; i += 1) budgets.spend(key('a'), 'argon2');
  expect(budgets.standings(key('a'))).toEqual([]);
});

test('a clock that is set back makes no minute longer', () => {
  const { budgets, state } = newBudgets({ principalPerMinute: 1 });
  budgets.spend(key('a'));
  state.nowMs -= 3_600_000;
  budgets.spend(key('a'));
  expect(refusal(() => budgets.spend(key('a'))).extras.retryAfter).toBe(60);
});
