// engine: none
import { expect, test } from 'vitest';
import { isActive, reasonFor } from './verdict.ts';

const at = new Date('2026-03-15T12:00:00.000Z');
const run = (starts_at: string, ends_at: string | null) => ({ starts_at, ends_at });
const running = { ...run('2026-03-01T00:00:00.000Z', null), source: 'contract' } as const;
const over = run('2026-03-01T00:00:00.000Z', '2026-03-15T12:00:00.000Z');

test('an entitlement runs from its first moment to just before its end', () => {
  expect(isActive(run('2026-03-15T12:00:00.000Z', null), at)).toBe(true);
  expect(isActive(run('2026-03-15T12:00:00.001Z', null), at)).toBe(false);
  expect(isActive(run('2026-03-01T00:00:00.000Z', '2026-03-15T12:00:00.001Z'), at)).toBe(true);
  expect(isActive(over, at)).toBe(false);
});

test('the state of the tenant comes before the entitlement, and only an ended trial is called one', () => {
  expect(reasonFor('active', running, at)).toBe('entitled');
  expect(reasonFor('trial', running, at)).toBe('entitled');
  expect(reasonFor('demo', running, at)).toBe('entitled');
  expect(reasonFor('frozen', running, at)).toBe('tenant_frozen');
  expect(reasonFor('archived', undefined, at)).toBe('tenant_archived');
  expect(reasonFor('active', undefined, at)).toBe('not_entitled');
  expect(reasonFor('active', { ...over, source: 'trial' }, at)).toBe('trial_ended');
  expect(reasonFor('active', { ...over, source: 'contract' }, at)).toBe('not_entitled');
  const later = run('2026-03-20T00:00:00.000Z', '2026-03-30T00:00:00.000Z');
  expect(reasonFor('active', { ...later, source: 'trial' }, at)).toBe('not_entitled');
});
