// engine: none
import { expect, test } from 'vitest';
import { type History, violations } from './replicas/register.ts';

const made = { began: 0, ended: 1, value: true };
const revoked = { began: 10, ended: 20, value: false };

function check(reads: History['reads'], writes: History['writes'] = [made, revoked]): number {
  return violations({ name: 'r', writes, reads }).length;
}

test('during a write both values fit, in their order', () => {
  expect(check([{ began: 11, ended: 12, value: true }])).toBe(0);
  expect(check([{ began: 11, ended: 12, value: false }])).toBe(0);
  expect(check([{ began: 5, ended: 11, value: false }])).toBe(0);
  expect(
    check([
      { began: 11, ended: 12, value: true },
      { began: 13, ended: 14, value: false },
    ]),
  ).toBe(0);
});

test('a read that began after a write was answered tells of the write', () => {
  expect(check([{ began: 21, ended: 22, value: true }])).toBe(1);
  expect(check([{ began: 19, ended: 22, value: true }])).toBe(0);
});

test('no read tells of a write before it began', () => {
  expect(check([{ began: 5, ended: 9, value: false }])).toBe(1);
});

test('no read takes back the state that an earlier read told', () => {
  const takenBack = [
    { began: 11, ended: 12, value: false },
    { began: 13, ended: 14, value: true },
  ];
  expect(check(takenBack)).toBe(1);
  expect(check(takenBack, [made, revoked, { began: 13.5, ended: 30, value: true }])).toBe(0);
});

test('a write with an unknown outcome may be told or not, but not taken back', () => {
  const unknown = [made, { ...revoked, ended: Number.POSITIVE_INFINITY }];
  expect(check([{ began: 90, ended: 91, value: true }], unknown)).toBe(0);
  expect(
    check(
      [
        { began: 90, ended: 91, value: false },
        { began: 92, ended: 93, value: true },
      ],
      unknown,
    ),
  ).toBe(1);
});
