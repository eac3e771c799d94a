// engine: postgres
import { sql } from 'kysely';
import { afterEach, describe, expect, test } from 'vitest';
import { bootstrapSpicedb, revertSpicedb, spicedbStatus } from '../../src/spicedb.ts';
import { startSpicedbServer } from './server.ts';

const server = await startSpicedbServer();
afterEach(() => server.clean());

test('x', async () => {
  const url = await server.urlOf('a_spicedb');
  console.log(await bootstrapSpicedb({ url, rolePassword: "it's", log: console.log }));
  console.log(await server.loginFailure('a_spicedb', "it's"), await server.loginFailure('a_spicedb', 'its'));
  console.log(await bootstrapSpicedb({ url, rolePassword: "it's2", log: console.log }));
  console.log(await spicedbStatus({ url }));
  console.log(await revertSpicedb({ url, log: console.log }));
  console.log(server.log().includes('SCRAM-SHA'), server.log().length);
  console.log(
    server
      .log()
      .split('\n')
      .filter((l) => /role/.test(l))
      .join('\n'),
  );
});
