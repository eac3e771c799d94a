// engine: none
/** What an order may choose otherwise than its tier. */
import { describe, expect, test } from 'vitest';
import { DomainError } from '../../kernel/errors.ts';
import { memoryDatabases } from '../../testing.ts';
import type { DatabaseOverrides, DatabaseTier } from './schema.ts';
import { amountOf, requireNoShrink, respecified, specOf } from './tiers.ts';

const tier = memoryDatabases.tiers.get('small') as DatabaseTier; // the configuration of tests has it

function refusalOf(work: () => unknown) {
  try {
    work();
  } catch (error) {
    if (!(error instanceof DomainError)) throw error;
    const { definition, extras } = error;
    return { code: definition.code, pointer: extras.errors?.[0]?.pointer, detail: error.message };
  }
  return undefined;
}

test.each([
  ['cpu', '500m', '1'],
  ['cpu', '1999m', '2'],
  ['memory', '1023Mi', '1Gi'],
  ['memory', '900Gi', '1Ti'],
  ['storage', '9Gi', '10Gi'],
  ['storage', '10240Mi', '11Gi'],
  ['instances', 9, 10],
] as const)('a %s of %s is less than %s', (field, less, more) => {
  expect(amountOf(field, less)).toBeLessThan(amountOf(field, more));
});

test.each([
  ['cpu', '1000m', '1'],
  ['memory', '1024Mi', '1Gi'],
  ['storage', '1024Gi', '1Ti'],
] as const)('a %s of %s is %s', (field, one, other) => {
  expect(amountOf(field, one)).toBe(amountOf(field, other));
});

// proves D35
test('overrides within the bounds take the place of what the tier says, both bounds included', () => {
  expect(specOf(tier, {})).toEqual(tier.spec);
  for (const overrides of [{ storage: '5Gi' }, { storage: '51200Mi' }, { instances: 3 }, { connections: 10 }])
    expect(specOf(tier, overrides)).toEqual({ ...tier.spec, ...overrides });
});

test.each<[DatabaseOverrides, string, string]>([
  [{ storage: '5119Mi' }, '/overrides/storage', '5Gi at least'],
  [{ storage: '1Ti' }, '/overrides/storage', '50Gi at most'],
  [{ instances: 4 }, '/overrides/instances', '3 at most'],
  [{ connections: 9 }, '/overrides/connections', '10 at least'],
  [{ cpu: '1' }, '/overrides/cpu', 'no other cpu'],
  [{ instances: 2, memory: '2Gi' }, '/overrides/memory', 'no other memory'],
])('%j is refused, and the bound is named', (overrides, pointer, bound) => {
  const refusal = refusalOf(() => specOf(tier, overrides));
  expect(refusal).toMatchObject({ code: 'override_not_allowed', pointer });
  expect(refusal?.detail).toContain(bound);
});

test('a bound that is null is none', () => {
  expect(specOf(tier, { instances: 1, connections: 10_000 })).toMatchObject({ instances: 1, connections: 10_000 });
});

describe('a change of overrides', () => {
  const current = { spec: { ...tier.spec, cpu: '3', instances: 2 }, overrides: { instances: 2 } };

  test('keeps what was ordered, though the tier changed since, and gives back what is not overridden any more', () => {
    expect(respecified(tier, current, { storage: '20Gi' })).toEqual({
      ...tier.spec,
      cpu: '3',
      instances: 1,
      storage: '20Gi',
    });
  });

  test('never takes storage away, also by an override that goes', () => {
    const large = { spec: { ...tier.spec, storage: '20Gi' }, overrides: { storage: '20Gi' } };
    for (const overrides of [{}, { storage: '20479Mi' }]) {
      const refusal = refusalOf(() => respecified(tier, large, overrides));
      expect(refusal?.code).toBe('cannot_shrink');
      expect(refusal?.detail).toContain('20Gi');
    }
    requireNoShrink(large.spec, { ...large.spec, storage: '20480Mi' });
  });
});
