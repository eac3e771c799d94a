// engine: none
/** The names of what belongs to a database. */
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { systemClock } from '../../kernel/clock.ts';
import { newId } from '../../kernel/ids.ts';
import { namesOf, newNamesOf } from './names.ts';

const LABEL = /^[a-z]([a-z0-9-]*[a-z0-9])?$/;
const id = fc.uuid({ version: 7 });
const name = fc.stringMatching(LABEL, { maxLength: 63 }).filter((text) => text.length <= 63);

// proves D4, D9, D10
test('every name is a label of DNS: a cluster of at most 50 characters, everything else of at most 63', () => {
  fc.assert(
    fc.property(id, name, (id, name) => {
      const made = newNamesOf({ id, name });
      const { cluster, pooler, credentials, logins } = namesOf({ ...made, namespace: 'default' });
      const all = [cluster, pooler, credentials, logins.a, logins.b];
      for (const each of all) {
        expect(each).toMatch(LABEL);
        expect(each.length).toBeLessThanOrEqual(63);
      }
      expect(cluster.length).toBeLessThanOrEqual(50);
      expect(cluster.slice(0, -9)).toBe(name.slice(0, 41));
      expect(new Set(all).size).toBe(all.length);
    }),
    { numRuns: 1_000 },
  );
});

test('the mark of a cluster is the last 40 bits of the id, so that it can be read back', () => {
  const alphabet = 'abcdefghijklmnopqrstuvwxyz234567';
  fc.assert(
    fc.property(id, (id) => {
      const mark = newNamesOf({ id, name: 'orders' }).cluster_name.slice(-8);
      const bits = [...mark].reduce((sum, character) => sum * 32n + BigInt(alphabet.indexOf(character)), 0n);
      expect(bits.toString(16).padStart(10, '0')).toBe(id.slice(-10));
    }),
  );
});

test('databases of one name that are ordered in one millisecond have clusters of their own', () => {
  const now = systemClock();
  const clusters = Array.from(
    { length: 1_000 },
    () => newNamesOf({ id: newId(() => now), name: 'orders' }).cluster_name,
  );
  expect(new Set(clusters).size).toBe(clusters.length);
});
