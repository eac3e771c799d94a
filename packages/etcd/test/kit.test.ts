// engine: none
/** The clusters that tests start do what their methods say: otherwise tests of failures would prove nothing. */

import { execFileSync } from 'node:child_process';
import { describe, expect, test } from 'vitest';
import { etcdReason, startEtcd } from '../src/testing.ts';
import { client, failureOf, ownPrefix, persist } from './support.ts';

/** What a process without etcd in its PATH sees. */
function withoutEtcd(env: Record<string, string>): { reason?: string; error?: string } {
  const testing = new URL('../src/testing.ts', import.meta.url).href;
  const script = `import { etcdReason as reason, startEtcd } from '${testing}';
    const error = await startEtcd().then((cluster) => cluster.stop(), (mistake) => mistake.message);
    console.log(JSON.stringify({ reason, error }));`;
  const more = { encoding: 'utf8', env: { PATH: '/nowhere', ...env } } as const;
  return JSON.parse(execFileSync(process.execPath, ['--input-type=module', '--eval', script], more));
}

test('without etcd tests are skipped with the reason, and fail where it is required', () => {
  expect(withoutEtcd({}).reason).toContain('etcd is not installed');
  const required = withoutEtcd({ ETCD_REQUIRED: '1' });
  expect(required.reason).toBeUndefined();
  expect(required.error).toContain('etcd is not installed');
});

describe.skipIf(etcdReason !== undefined)(
  'a test cluster (skipped where neither ETCD_BIN nor PATH leads to etcd)',
  () => {
    test('a member that is cut off answers nobody, and a pair that is cut has no majority without the third', async () => {
      const cluster = await startEtcd({ members: 3 });
      try {
        const prefix = ownPrefix();
        const only = [0, 1, 2].map((index) =>
          client({ ...cluster.options, endpoints: [cluster.member(index).endpoint] }),
        );
        const read = (index: number) => persist(async () => only[index]?.range({ prefix }));
        const refused = async (index: number) =>
          expect(await failureOf(only[index]?.range({ prefix }) ?? Promise.resolve())).toMatchObject({
            kind: 'unavailable',
          });

        cluster.cutOff(0);
        await refused(0);
        await read(1);
        await read(2);
        cluster.mend();
        await read(0);

        await cluster.member(2).kill();
        await read(0);
        cluster.cut(0, 1);
        await refused(0);
        await refused(1);
        cluster.mend();
        await read(0);
        await cluster.member(2).start();

        cluster.member(1).isolate();
        await refused(1);
        await read(0);
        cluster.member(1).admit();
        await read(1);
      } finally {
        await cluster.stop();
      }
    });

    test('a member keeps its endpoint and its data when it is killed and started again', async () => {
      const cluster = await startEtcd();
      try {
        const etcd = client(cluster.options);
        await etcd.put('a', '1');
        const { endpoint } = cluster.member(0);
        await cluster.member(0).kill();
        expect(
          await failureOf(client({ ...cluster.options, timing: { readMs: 200 } }).range({ key: 'a' })),
        ).toMatchObject({
          kind: 'unavailable',
        });
        await cluster.member(0).start();
        expect(cluster.member(0).endpoint).toBe(endpoint);
        expect((await etcd.range({ key: 'a' })).kvs.map(({ value }) => value)).toEqual(['1']);
      } finally {
        await cluster.stop();
      }
    });
  },
);
