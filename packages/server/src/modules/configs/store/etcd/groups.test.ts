// engine: postgres
/** Writes that are made together in one transaction of etcd end as if each had been made alone. */
import { randomUUID } from 'node:crypto';
import { createEtcd, type Etcd, EtcdError } from '@tenant-registry/etcd';
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from 'vitest';
import { contextOf, newPlace } from '../../../../../test/support/config-history.ts';
import {
  changeTo,
  type EtcdServer,
  etcdIsMissing,
  startOnEtcd,
  withoutEtcd,
} from '../../../../../test/support/etcd-store.ts';
import type { ActorContext } from '../../../../kernel/context.ts';
import { DomainError } from '../../../../kernel/errors.ts';
import { createLogger } from '../../../../kernel/logger.ts';
import { createEtcdStore } from '../etcd.ts';
import type { Change, Outcome, Place, StoredConfig } from '../port.ts';
import { measured } from '../recorded.ts';
import { attempt, type Made, madeBy } from './attempt.ts';
import { createLink } from './link.ts';
import { createStanding } from './standing.ts';
import { createUnrelayedGrowth } from './unrelayed-growth.ts';

type Txn = Etcd['txn'];

describe.skipIf(etcdIsMissing)(`writes that are made together${withoutEtcd}`, () => {
  let there: EtcdServer;
  beforeAll(async () => {
    there = await startOnEtcd();
  });
  afterAll(() => there?.close());

  /** A store of another process, whose transactions go through the function. */
  function storeThrough(
    through: (asked: Parameters<Txn>[0], real: Txn) => ReturnType<Txn> = (asked, real) => real(asked),
  ) {
    const real = createEtcd({ endpoints: there.settings.endpoints });
    onTestFinished(() => real.close());
    const etcd: Etcd = { ...real, txn: (asked) => through(asked, real.txn) };
    const logger = createLogger('silent', { write: () => {} });
    const link = createLink(etcd, logger);
    const standing = createStanding({ db: there.server.app.deps.db, link, metaKey: there.keys.meta });
    const parts = { link, keys: there.keys, standing, intended() {} };
    return { parts, store: createEtcdStore({ ...parts, logger }) };
  }

  type Asked = readonly [Place, Change, { readonly ctx?: Partial<ActorContext>; readonly write_id?: string }?];

  /** Writes all of it in one turn, and tells how each ended. */
  async function commitAll({ store }: ReturnType<typeof storeThrough>, asked: readonly Asked[]) {
    const ends = await Promise.allSettled(
      asked.map(([place, change, { ctx, write_id = randomUUID() } = {}]) =>
        store.commit({ ...contextOf(there.server), ...ctx }, place, { changes: [change], write_id }),
      ),
    );
    return ends.map((end) => (end.status === 'fulfilled' ? end.value : codeOf(end.reason)));
  }

  function codeOf(reason: unknown): string {
    if (reason instanceof DomainError) return reason.definition.code;
    throw reason;
  }

  const isPut = (asked: Parameters<Txn>[0]) => asked.success.some(({ type }) => type === 'put');
  const placesOf = (count: number) => Promise.all(Array.from({ length: count }, () => newPlace(there.server)));
  const find = async (place: Place, key: string) =>
    (await there.server.app.deps.configStore.find(contextOf(there.server), place, key)).config;

  test('fit into one request of etcd, also when large contents are replaced by contents of the same size', async () => {
    const refused: unknown[] = [];
    const other = storeThrough((asked, real) =>
      real(asked).catch((error: unknown) => {
        refused.push(error);
        throw error;
      }),
    );
    const places = await placesOf(10);
    const contents = ['x', 'y'].map((letter) => letter.repeat(250_000));
    let bases: readonly (StoredConfig | undefined)[] = places.map(() => undefined);
    for (const content of contents) {
      const ends = await commitAll(
        other,
        places.map((place, n) => [place, changeTo('a', content, bases[n])]),
      );
      bases = ends.map((end) => (typeof end === 'object' && end.outcome === 'committed' ? end.configs[0] : undefined));
      expect(bases.every((each) => each !== undefined)).toBe(true);
    }
    expect(refused).toEqual([]);
  });

  test('are not made when one of them was checked before a deletion of a schema, and another one after it', async () => {
    const { parts } = storeThrough();
    const [one] = await placesOf(1);
    if (one === undefined) throw new Error('there is one');
    const other = { ...one, project_id: randomUUID() };
    const made = async (place: Place): Promise<Made> => {
      const { revision: pins } = await there.etcd.put(there.keys.pins(place.tenant_id), '');
      const write = { changes: [changeTo('a', 1)], write_id: randomUUID() };
      const sizes = write.changes.map(measured);
      const growths = sizes.map(({ growth }) => growth);
      const wish = { ctx: contextOf(there.server), place, write, growths, growth: { keys: 1, bytes: 1 }, written: 1 };
      return { wish, pins, changes: madeBy(wish) };
    };
    const both = [await made(one), await made(other)];
    const meta = await parts.standing.refresh();
    expect(await attempt({ ...parts, growth: createUnrelayedGrowth() }, both, meta)).toBe('overtaken');
    expect(await find(one, 'a')).toBeUndefined();
  });

  // proves B17
  test('are not taken for made because one of them was made by a repetition while the answer was lost', async () => {
    const [first, second] = await placesOf(2);
    if (first === undefined || second === undefined) throw new Error('there are two');
    const repetition = storeThrough();
    const mine = changeTo('a', 'mine');
    const write_id = randomUUID();
    let isLost = false;
    const other = storeThrough(async (asked, real) => {
      if (isLost || !isPut(asked)) return real(asked);
      isLost = true;
      await commitAll(repetition, [[first, mine, { write_id }]]);
      throw new EtcdError('unknown_outcome', 'the request is lost');
    });
    const ends = await commitAll(other, [
      [first, mine, { write_id }],
      [second, changeTo('b', 'mine')],
    ]);
    expect(ends[1]).toMatchObject({ outcome: 'committed' });
    expect(await find(second, 'b')).toMatchObject({ content: 'mine' });
    expect(ends[0]).toEqual({ outcome: 'conflict', key: 'a' } satisfies Outcome);
  });

  test('leave out a caller that has another answer by the time that the others are ready', async () => {
    const [late, slow] = await placesOf(2);
    if (late === undefined || slow === undefined) throw new Error('there are two');
    let left = 1_000;
    let isReady = false;
    const deadline = {
      leftMs() {
        isReady = true;
        return left;
      },
    };
    const { configPlace } = contextOf(there.server);
    const slowly: ActorContext['configPlace'] = async (...asked) => {
      const found = await configPlace(...asked);
      await expect.poll(() => isReady).toBe(true);
      left = 0;
      return found;
    };
    const ends = await commitAll(storeThrough(), [
      [late, changeTo('a', 1), { ctx: { deadline } }],
      [slow, changeTo('a', 1), { ctx: { configPlace: slowly } }],
    ]);
    expect(ends).toMatchObject(['overloaded', { outcome: 'committed' }]);
    expect(await find(late, 'a')).toBeUndefined();
  });
});
