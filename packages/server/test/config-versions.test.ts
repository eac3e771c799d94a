// engine: none
/** The check of what clients were told of the versions of a key is able to fail, and does so at nothing else. */
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import {
  type KeyHistory,
  type RecordedVersion,
  type VersionRead,
  type VersionWrite,
  versionViolations,
} from './replicas/config-versions.ts';

/** Three writes one after the other: a value, another one, and a deletion. */
const writes: VersionWrite[] = [
  { name: 'a', content: 'a', expected: 0, began: 0, ended: 10, outcome: { version: 1 } },
  { name: 'b', content: 'b', expected: 1, began: 20, ended: 30, outcome: { version: 2 } },
  { name: 'c', content: null, expected: 2, began: 40, ended: 50, outcome: { version: null } },
];
const recorded: RecordedVersion[] = [
  { version: 1, name: 'a', content: 'a' },
  { version: 2, name: 'b', content: 'b' },
  { version: 3, name: 'c', content: null },
];

const check = (changed: Partial<KeyHistory> = {}) =>
  versionViolations({ key: 'k', writes, recorded, reads: [], ...changed });

function read(version: number, began: number, ended: number): VersionRead {
  return { version, began, ended, content: version === 0 ? undefined : (recorded[version - 1]?.content ?? undefined) };
}

/** The second write with other answers. */
const second = (changed: Partial<VersionWrite>) =>
  writes.map((write) => (write.name === 'b' ? { ...write, ...changed } : write));

test('answers in the order of the writes are right, and so are both values while a write is under way', () => {
  expect(check()).toEqual([]);
  const reads = [read(0, -2, -1), read(1, 11, 12), read(1, 21, 22), read(2, 25, 26), read(2, 31, 32), read(0, 60, 61)];
  expect(check({ reads })).toEqual([]);
});

describe('found:', () => {
  test('a version that two writes were answered', () => {
    const twice: VersionWrite = { name: 'd', content: 'd', expected: 1, began: 21, ended: 29, outcome: { version: 2 } };
    expect(check({ writes: [...writes, twice] })).toEqual([
      'k: version 2 was answered to b and to d',
      'k: d was answered with version 2, and is lost',
    ]);
  });

  test('a write that was answered and is not there at the end', () => {
    expect(check({ recorded: recorded.slice(0, 2) })).toEqual(['k: c was answered with version null, and is lost']);
  });

  test('a write that is there with another version than was answered', () => {
    expect(check({ writes: second({ outcome: { version: 5 } }) })).toEqual([
      'k: b was answered with version 5, and is version 2',
    ]);
  });

  test('a version that is missing in the history', () => {
    const [first, , third] = recorded;
    const rest = [first, third].filter((each) => each !== undefined);
    expect(check({ recorded: rest })[0]).toBe('k: there is no version 2');
  });

  test('a version that nobody wrote', () => {
    expect(check({ recorded: [...recorded, { version: 4, name: 'z', content: 'z' }] })).toEqual([
      'k: version 4 is of z, which nobody sent',
    ]);
  });

  test('a write that was refused and took effect', () => {
    expect(check({ writes: second({ outcome: 'refused' }) })).toEqual(['k: b was refused, and is version 2']);
    expect(check({ writes: second({ outcome: 'refused', sent: 3 }) })).toEqual([
      'k: b, sent 3 times, was refused, and is version 2',
    ]);
  });

  test('a write that took effect twice', () => {
    const any = writes.map((write) => ({ ...write, expected: null }));
    expect(check({ writes: any, recorded: [...recorded, { version: 4, name: 'b', content: 'b' }] })).toEqual([
      'k: b took effect 2 times, as versions 2 and 4',
    ]);
  });

  test('a write over a version that it did not expect', () => {
    expect(check({ writes: second({ expected: 0 }) })).toEqual(['k: b expected version 0, and took effect over 1']);
  });

  test('a write over a deletion, when it expected the value of before', () => {
    const after: VersionWrite = { name: 'd', content: 'd', expected: 3, began: 60, ended: 61, outcome: 'unknown' };
    const more = [...recorded, { version: 4, name: 'd', content: 'd' }];
    expect(check({ writes: [...writes, after], recorded: more })).toEqual([
      'k: d expected version 3, and took effect over 0',
    ]);
    expect(check({ writes: [...writes, { ...after, expected: 0 }], recorded: more })).toEqual([]);
  });

  test('a rollback with another content than that of its version', () => {
    const back = (of: number): VersionWrite => ({
      ...{ name: 'd', content: { of }, expected: 0, began: 60, ended: 61 },
      outcome: { version: 4 },
    });
    const more = [...recorded, { version: 4, name: 'd', content: 'a' }];
    expect(check({ writes: [...writes, back(1)], recorded: more })).toEqual([]);
    expect(check({ writes: [...writes, back(2)], recorded: more })).toEqual([
      'k: d is version 4 with the content a, not b',
    ]);
  });

  test('a read of a version that is not there, of the value of a deletion, and of a value that is of another version', () => {
    expect(check({ reads: [{ ...read(1, 60, 61), version: 4 }] })).toEqual([
      'k: a read told version 4, which is not there',
    ]);
    expect(check({ reads: [{ ...read(2, 60, 61), version: 3 }] })).toEqual([
      'k: a read told a value of version 3, which is a deletion',
    ]);
    expect(check({ reads: [{ ...read(2, 25, 26), content: 'a' }] })).toEqual([
      'k: a read told version 2 with the content a, not b',
    ]);
  });

  test('a read that is older than a write that was answered before it began', () => {
    expect(check({ reads: [read(1, 31, 32)] })).toEqual([
      'k: a read told version 1 at 31.0–32.0, but version 2 was answered to its writer at 30.0',
    ]);
    expect(check({ reads: [read(0, 31, 32)] })).toEqual([
      'k: a read told no value at 31.0–32.0, which no deletion explains',
    ]);
  });

  test('a version that goes back: a read that is older than what another was told before it began', () => {
    expect(check({ reads: [read(2, 21, 23), read(1, 24, 25)] })).toEqual([
      'k: a read told version 1 at 24.0–25.0, but version 2 was told at 23.0',
    ]);
    expect(check({ reads: [read(2, 21, 24), read(1, 23, 25)] })).toEqual([]);
  });

  test('a deletion that is taken back: a read that tells the value after another told that there is none', () => {
    const slow = writes.map((write) => (write.name === 'c' ? { ...write, ended: 99 } : write));
    expect(check({ writes: slow, reads: [read(0, 41, 42), read(2, 43, 44)] })).toEqual([
      'k: a read told no value at 41.0–42.0, which no deletion explains',
    ]);
    expect(check({ writes: slow, reads: [read(0, 41, 44), read(2, 43, 44)] })).toEqual([]);
  });

  test('a read of a write that had not begun, and a version that was written after a later one', () => {
    expect(check({ reads: [read(2, 15, 19)] })).toEqual([
      'k: version 2 was written from 20.0, but version 2 was told at 19.0',
    ]);
    expect(check({ writes: second({ began: 51, ended: 60 }) })).toEqual([
      'k: version 2 was written from 51.0, but version 3 was answered to its writer at 50.0',
    ]);
  });
});

describe('of a write without an answer', () => {
  const unknown = second({ outcome: 'unknown', ended: Number.POSITIVE_INFINITY });

  test('it may have taken effect, long after it began', () => {
    const [first] = writes;
    const late = [first, ...unknown.slice(1, 2)].filter((each) => each !== undefined);
    expect(check({ writes: late, recorded: recorded.slice(0, 2), reads: [read(1, 80, 81), read(2, 82, 83)] })).toEqual(
      [],
    );
    expect(check({ writes: late, recorded: recorded.slice(0, 1), reads: [read(1, 80, 81)] })).toEqual([]);
  });

  test('it is not taken back once it was told', () => {
    const late = unknown.slice(0, 2);
    expect(
      check({ writes: late, recorded: recorded.slice(0, 2), reads: [read(2, 60, 61), read(1, 62, 63)] }),
    ).toHaveLength(1);
    expect(check({ writes: late, recorded: recorded.slice(0, 1), reads: [read(2, 60, 61)] })).toHaveLength(1);
  });
});

/** A history as a register gives it: each request has its moment between its begin and its end. */
const histories = fc
  .array(
    fc.record({
      kind: fc.constantFrom('put', 'delete', 'read'),
      before: fc.integer({ min: 0, max: 30 }),
      after: fc.integer({ min: 0, max: 30 }),
      known: fc.boolean(),
    }),
    { minLength: 2, maxLength: 40 },
  )
  .map((steps): KeyHistory => {
    const made: RecordedVersion[] = [];
    const all: { writes: VersionWrite[]; reads: VersionRead[] } = { writes: [], reads: [] };
    steps.forEach(({ kind, before, after, known }, index) => {
      const moment = index * 10;
      const at = { began: moment - before, ended: moment + after };
      const last = made.at(-1);
      const current = last === undefined || last.content === null ? 0 : last.version;
      if (kind === 'read' || (kind === 'delete' && current === 0)) {
        all.reads.push({ ...at, version: current, content: current === 0 ? undefined : (last?.content ?? undefined) });
        return;
      }
      const name = `w${index}`;
      const content = kind === 'put' ? name : null;
      made.push({ version: made.length + 1, name, content });
      all.writes.push({
        ...at,
        name,
        content,
        expected: current,
        outcome: known ? { version: made.length } : 'unknown',
      });
    });
    return { key: 'k', recorded: made, ...all };
  });

test('whatever a register tells is right, and a read of a version that was replaced before is not', () => {
  fc.assert(
    fc.property(histories, (history) => {
      expect(versionViolations(history)).toEqual([]);
      const end = 1_000_000;
      const reads = history.recorded.flatMap(({ version, content }) =>
        content === null || version === history.recorded.length
          ? []
          : [{ version, content, began: end, ended: end + 1 }],
      );
      const isKnown = (version: number) =>
        history.writes.some(({ outcome }) => typeof outcome !== 'string' && (outcome.version ?? 0) > version);
      for (const stale of reads.filter(({ version }) => isKnown(version)))
        expect(versionViolations({ ...history, reads: [...history.reads, stale] })).not.toEqual([]);
    }),
  );
});
