// engine: postgres
/** What the registry itself does to a log is no finding: redactions, pruning, deleted tenants, and work that goes on. */
import { auditSealing, type Tx } from '@tenant-registry/db';
import { sql } from 'kysely';
import { beforeAll, expect, test } from 'vitest';
import { appendEvents, eventOf } from '../../../../test/support/audit-events.ts';
import {
  appendIn,
  blankIn,
  brief,
  deleteRowsIn,
  forged,
  recordIn,
  sealIn,
  signer,
  signIn,
  verifyIn,
} from '../../../../test/support/audit-forgery.ts';
import { sealAll, signNow } from '../../../../test/support/audit-log.ts';
import { newTenant, testServer } from '../../../../test/support/server.ts';
import { signerOf } from '../tree/note.ts';
import { UnknownTenantError } from './verify.ts';

const server = testServer();
let log = '';

/** One full tile and a tail. */
beforeAll(async () => {
  log = (await newTenant(server)).id;
  const events = Array.from({ length: 299 }, (_, n) =>
    eventOf({ tenant_id: log, metadata: { n }, ...(n % 2 === 0 ? { target: { type: 'report', id: 'r' } } : {}) }),
  );
  await appendEvents(server, events);
  await signNow(server);
});

async function foundAfter(work: (tx: Tx) => Promise<unknown>, tenant?: string): Promise<string[]> {
  return forged(server.app.deps.db, async (tx) => {
    await work(tx);
    return (await verifyIn(tx, tenant === undefined ? {} : { tenant })).found.map(brief);
  });
}

const range = (from: number, to: number) => Array.from({ length: to - from }, (_, at) => from + at);

test.each([[['who']], [['what']], [['who', 'what']]] as const)('rows whose %j was redacted', async (groups) => {
  const job = { log, groups, indexes: [3, 4, 7, 270] };
  const redact = async (tx: Tx) => {
    await recordIn(tx, job);
    await blankIn(tx, job);
    await sealIn(tx);
  };
  expect(await foundAfter(redact)).toEqual([]);
  expect(
    await foundAfter(async (tx) => {
      await redact(tx);
      await signIn(tx, log);
    }),
  ).toEqual([]);
});

test('rows that two jobs redacted one after the other, each in one group', async () => {
  const redact = async (tx: Tx) => {
    for (const groups of [['who'], ['what']] as const) {
      await recordIn(tx, { log, groups, indexes: [3] });
      await blankIn(tx, { log, groups, indexes: [3] });
      await sealIn(tx);
    }
  };
  expect(await foundAfter(redact)).toEqual([]);
});

test('rows that were pruned, and the leaves of a tile that was pruned as a whole', async () => {
  const prune = (indexes: readonly number[], leaves: boolean) => async (tx: Tx) => {
    const job = { log, groups: [], indexes } as const;
    await recordIn(tx, job);
    await deleteRowsIn(tx, job);
    if (leaves)
      await sql`delete from audit_leaves where tenant_id = ${log} and index = any(${[...indexes]}::bigint[])`.execute(
        tx,
      );
    await sealIn(tx);
  };
  expect(await foundAfter(prune(range(0, 100), false))).toEqual([]);
  expect(await foundAfter(prune(range(0, 256), true))).toEqual([]);
});

test('a record that waits to be sealed for less than a minute explains what it did', async () => {
  const job = { log, groups: ['who'], indexes: [3] } as const;
  const redact = async (tx: Tx) => {
    await recordIn(tx, job);
    await blankIn(tx, job);
  };
  expect(await foundAfter(redact)).toEqual(['notice record']);
});

test('the log of a tenant that was deleted, and what a job did to it afterwards', async () => {
  const remove = async (tx: Tx) => {
    await sql`set local session_replication_role = origin`.execute(tx);
    await sql`delete from tenants where id = ${log}`.execute(tx);
  };
  expect(await foundAfter(remove)).toEqual([]);
  expect(await foundAfter(remove, log)).toEqual([]);
  const pruned = async (tx: Tx) => {
    await remove(tx);
    await sql`set local session_replication_role = replica`.execute(tx);
    await recordIn(tx, { log, tenant: null, groups: [], indexes: [5] });
    await deleteRowsIn(tx, { log, indexes: [5] });
    await sealIn(tx);
  };
  expect(await foundAfter(pruned)).toEqual([]);
  expect(await foundAfter(pruned, log)).toEqual([]);
});

test('rows that wait to be sealed', async () => {
  expect(await foundAfter((tx) => appendIn(tx, { tenant_id: log }))).toEqual([]);
});

test('a log that grows, and is sealed and signed, while it is compared', async () => {
  const busy = (await newTenant(server)).id;
  let isOver = false;
  const work = async () => {
    while (!isOver) {
      await appendEvents(server, [eventOf({ tenant_id: busy }), eventOf({ tenant_id: log })]);
      await sealAll(server);
      await signNow(server);
    }
  };
  const working = work();
  try {
    for (let round = 0; round < 5; round++)
      expect((await verifyIn(server.app.deps.db)).found.map(brief), `round ${round}`).toEqual([]);
  } finally {
    isOver = true;
    await working;
  }
});

test('without a key, that is said, and everything else is compared', async () => {
  const { found, ...counted } = await verifyIn(server.app.deps.db, { keys: [] });
  expect(found.map(brief)).toEqual(['warning unsigned']);
  expect(counted).toMatchObject({ findings: 0, signatures: 'not checked' });
});

test('what an earlier key has signed is right by its verifier, beside that of a later key', async () => {
  const later = signerOf(signer.name, Buffer.alloc(32, 1)).verifier;
  expect((await verifyIn(server.app.deps.db, { keys: [later, signer.verifier] })).found).toEqual([]);
  const { found } = await verifyIn(server.app.deps.db, { keys: [later] });
  expect([...new Set(found.map(({ kind }) => kind))]).toEqual(['signature']);
});

test('a tenant that has no log yet is known, and one that never was is not', async () => {
  const { id } = await newTenant(server);
  expect((await verifyIn(server.app.deps.db, { tenant: id })).found).toEqual([]);
  const never = '01890000-0000-7000-8000-000000000000';
  await expect(verifyIn(server.app.deps.db, { tenant: never })).rejects.toThrow(UnknownTenantError);
  expect((await verifyIn(server.app.deps.db, { tenant: auditSealing.PLATFORM_LOG })).found).toEqual([]);
});
