// engine: none
/** How writes that are made together end, whatever becomes of an attempt. */
import type { Db } from '@tenant-registry/db';
import { noteScope } from '@tenant-registry/db/testing';
import { expect, test } from 'vitest';
import type { ActorContext } from '../../../kernel/context.ts';
import { DomainError, kernelErrors } from '../../../kernel/errors.ts';
import type { Outcome, Write } from './port.ts';
import { createTogether, Outdated, type TogetherOptions, type Wish } from './together.ts';

const db = {} as Db;
noteScope(db, null);
const made: Outcome = { outcome: 'committed', epoch: 'e', configs: [] };

interface Asked {
  readonly name: string;
  readonly tenant?: string;
  readonly leftMs?: () => number;
}

const nameOf = ({ write }: Wish) => write.write_id;

/** A store whose attempts are kept, and end as the test says. */
function storeOf(more: Partial<TogetherOptions>) {
  const attempts: string[] = [];
  const { commitTogether, commitAlone } = more;
  const commit = createTogether({
    runningMax: 1,
    weightMax: 100,
    waitingMax: 100,
    isShared: (error) => error instanceof DomainError && error.definition.code === 'unavailable',
    ...more,
    async commitTogether(on, wishes) {
      attempts.push(wishes.map(nameOf).join('+'));
      return commitTogether?.(on, wishes) ?? wishes.map(() => made);
    },
    async commitAlone(on, wish) {
      attempts.push(`${nameOf(wish)} alone`);
      return commitAlone?.(on, wish) ?? made;
    },
  });
  const write = ({ name, tenant = 't', leftMs = () => 1_000 }: Asked) => {
    const ctx = { db, root: db, deadline: { leftMs } } as unknown as ActorContext; // what making writes together looks at
    return commit(ctx, { tenant_id: tenant, project_id: 'p' }, { write_id: name, changes: [] } satisfies Write).then(
      (end: Outcome) => (end.outcome === 'conflict' ? `conflict of ${end.key}` : end.outcome),
      (error) => (error instanceof DomainError ? error.definition.code : String(error)),
    );
  };
  return { attempts, write, writeAll: (asked: readonly Asked[]) => Promise.all(asked.map(write)) };
}

const three = ['a', 'b', 'c'].map((name) => ({ name }));
const named = (wishes: readonly Wish[], name: string) => wishes.filter((wish) => nameOf(wish) === name);

test('those whose base has changed, and those that others cannot be made beside, are left out of the next attempt', async () => {
  const { attempts, writeAll } = storeOf({
    async commitTogether(_, wishes) {
      const late = new Map(named(wishes, 'a').map((wish) => [wish, 'key']));
      const apart = named(wishes, 'b');
      if (late.size > 0 || apart.length > 0) throw new Outdated(late, apart);
      return wishes.map(() => made);
    },
  });
  expect(await writeAll(three)).toEqual(['conflict of key', 'committed', 'committed']);
  expect([...attempts].sort()).toEqual(['a+b+c', 'b alone', 'c']);
});

test('an error that every write would meet is that of each, and nothing is tried again', async () => {
  const { attempts, writeAll } = storeOf({ commitTogether: () => Promise.reject(kernelErrors.unavailable()) });
  expect(await writeAll(three)).toEqual(['unavailable', 'unavailable', 'unavailable']);
  expect(attempts).toEqual(['a+b+c']);
});

test('any other error lets each be made alone, in turn, and is that of none', async () => {
  const { attempts, writeAll } = storeOf({
    commitTogether: () => Promise.reject(kernelErrors.notFound()),
    async commitAlone(_, wish) {
      if (nameOf(wish) === 'a') throw kernelErrors.notFound();
      if (nameOf(wish) === 'b') throw new Outdated(new Map([[wish, 'key']]));
      return made;
    },
  });
  expect(await writeAll(three)).toEqual(['not_found', 'conflict of key', 'committed']);
  expect(attempts).toEqual(['a+b+c', 'a alone', 'b alone', 'c alone']);
});

test('one that is refused, and one that has to be made alone, take nothing from the others', async () => {
  const { attempts, writeAll } = storeOf({
    commitTogether: async () => [{ outcome: 'refused', reason: kernelErrors.notFound() }, 'alone', made],
  });
  expect(await writeAll(three)).toEqual(['not_found', 'committed', 'committed']);
  expect(attempts).toEqual(['a+b+c', 'b alone']);
});

test('a store that forgets a write in its answer makes it alone', async () => {
  const { attempts, writeAll } = storeOf({ commitTogether: async () => [made] });
  expect(await writeAll(three)).toEqual(['committed', 'committed', 'committed']);
  expect(attempts).toEqual(['a+b+c', 'b alone', 'c alone']);
});

test('the outdated keys of another write are an error of one that is made alone', async () => {
  const { writeAll } = storeOf({
    commitTogether: async (_, wishes) => wishes.map(() => 'alone'),
    commitAlone: () => Promise.reject(new Outdated(new Map())),
  });
  expect(await writeAll([{ name: 'a' }])).toEqual(['Error: keys have changed meanwhile']);
});

test('a write whose caller has another answer is not tried, together or alone', async () => {
  const { attempts, writeAll } = storeOf({ commitTogether: () => Promise.reject(kernelErrors.notFound()) });
  const calls = [1_000, 0];
  const asked = [{ name: 'late', leftMs: () => 0 }, { name: 'a' }, { name: 'b', leftMs: () => calls.shift() ?? 0 }];
  expect(await writeAll(asked)).toEqual(['overloaded', 'committed', 'overloaded']);
  expect(attempts).toEqual(['a+b', 'a alone']);
});

test('one that is made alone and waits keeps those of its own tenant waiting, and no other, nor what is asked later', async () => {
  const held = Promise.withResolvers<Outcome>();
  const { attempts, write } = storeOf({
    commitTogether: async (_, wishes) => wishes.map((wish) => (nameOf(wish) === 'later' ? made : 'alone')),
    commitAlone: async (_, wish) => (nameOf(wish) === 'held' ? held.promise : made),
  });
  const ends = [{ name: 'held' }, { name: 'behind' }].map(write);
  expect(await write({ name: 'beside', tenant: 'other' })).toBe('committed');
  expect(await write({ name: 'later' })).toBe('committed');
  expect(attempts).toEqual(['held+behind+beside', 'held alone', 'beside alone', 'later']);
  held.resolve(made);
  expect(await Promise.all(ends)).toEqual(['committed', 'committed']);
});
