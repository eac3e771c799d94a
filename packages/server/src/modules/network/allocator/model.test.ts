// engine: postgres
/** Any history of a network: who has which address is what sets of addresses tell, and so is what is free. */
import { meshFreeRanges, type Tx } from '@tenant-registry/db';
import fc from 'fast-check';
import { sql } from 'kysely';
import { expect, test } from 'vitest';
import {
  type Block,
  type Command,
  createNetworkModel,
  type FreeBlock,
  type NetworkModel,
} from '../../../../test/support/network-model.ts';
import {
  freeRows,
  type NetworkRows,
  networkContext,
  newNetworkRows,
  nodeOf,
  unrecorded,
} from '../../../../test/support/network-rows.ts';
import { testServer } from '../../../../test/support/server.ts';
import type { ActorContext } from '../../../kernel/context.ts';
import { DomainError } from '../../../kernel/errors.ts';
import { parseAddress } from '../../../kernel/ip.ts';
import { freeRested } from './rest.worker.ts';
import { allocateAddress, rebuildFreeRanges, releaseAddress } from './service.ts';

const server = testServer();
const START = Date.parse('2026-06-01T00:00:00.000Z');
// Of each family: seeds differ, so every run of the suite tries others.
const RUNS = 200;
const [COMMANDS, PROJECTS, NODES] = [30, 3, 24];

interface World {
  readonly family: 4 | 6;
  /** The first address that any range of it has. */
  readonly base: string;
  readonly bits: number;
  readonly ranges: readonly Block[];
  /** The sizes of sub-ranges. */
  readonly sizes: readonly number[];
  /** Where most of the action is. */
  readonly near: number;
}

// The smallest range of IPv6 is larger than what thirty commands can fill, so its sub-ranges are where addresses run out.
const V4: World = {
  family: 4,
  base: '10.1.2.0',
  bits: 32,
  ranges: [
    { at: 16, size: 16 },
    { at: 0, size: 32 },
    { at: 16, size: 8 },
    { at: 0, size: 64 },
  ],
  sizes: [2, 4, 8, 16],
  near: 32,
};
const V6: World = {
  family: 6,
  base: 'fd00:1::',
  bits: 128,
  ranges: [
    { at: 0, size: 256 },
    { at: 0, size: 512 },
  ],
  sizes: [2, 4, 8, 16],
  near: 24,
};

function commandsOf({ ranges, sizes, near, family }: World): fc.Arbitrary<Command> {
  const node = fc.nat(NODES - 1);
  const project = fc.nat(PROJECTS - 1);
  const block = fc
    .tuple(fc.constantFrom(...sizes.filter((size) => (family === 4 ? size >= 4 : true))), fc.nat(near - 1))
    .map(([size, at]) => ({ at: at - (at % size), size }));
  const of = <T extends Command>(arbitrary: fc.Arbitrary<T>): fc.Arbitrary<Command> => arbitrary;
  return fc.oneof(
    { weight: 10, arbitrary: of(fc.record({ what: fc.constant('allocate' as const), node })) },
    { weight: 4, arbitrary: of(fc.record({ what: fc.constant('allocate' as const), node, ip: fc.nat(near + 1) })) },
    { weight: 6, arbitrary: of(fc.record({ what: fc.constant('release' as const), node })) },
    {
      weight: 4,
      arbitrary: of(fc.record({ what: fc.constant('reserve' as const), project, block, strict: fc.boolean() })),
    },
    { weight: 1, arbitrary: of(fc.record({ what: fc.constant('unreserve' as const), project })) },
    { weight: 2, arbitrary: of(fc.record({ what: fc.constant('range' as const), block: fc.constantFrom(...ranges) })) },
    { weight: 2, arbitrary: of(fc.record({ what: fc.constant('wait' as const), seconds: fc.nat(20) })) },
    { weight: 2, arbitrary: of(fc.record({ what: fc.constant('rest' as const), seconds: fc.constantFrom(0, 5, 60) })) },
  );
}

/** One history, in a transaction. */
interface Run {
  readonly world: World;
  readonly ctx: ActorContext;
  readonly tx: Tx;
  readonly network: NetworkRows;
  readonly model: NetworkModel;
}

const textOf = ({ base, family }: World, offset: number) =>
  family === 4 ? base.replace(/0$/, String(offset)) : `${base}${offset.toString(16)}`;
const cidrOf = (world: World, { at, size }: Block) => `${textOf(world, at)}/${world.bits - Math.log2(size)}`;

function offsetOf({ base }: World, text: string): number {
  const [from, address] = [parseAddress(base), parseAddress(text)];
  if (from === undefined || address === undefined) throw new Error(`${text} is no address`);
  return Number(address.value - from.value);
}

async function rangesChanged({ ctx, tx, network: { tenant_id } }: Run, change: ReturnType<typeof sql>): Promise<void> {
  await change.execute(tx);
  await rebuildFreeRanges(ctx, tx, tenant_id);
}

async function allocate(run: Run, command: Command & { readonly what: 'allocate' }): Promise<void> {
  const { world, ctx, tx, model } = run;
  const asked = {
    holder: nodeOf(run.network, command.node),
    ip: command.ip === undefined ? undefined : textOf(world, command.ip),
  };
  const answer = await allocateAddress(ctx, tx, unrecorded, asked).then(
    ({ ip }) => ({ ip: offsetOf(world, ip) }),
    (error: unknown) => {
      if (error instanceof DomainError) return { code: error.definition.code };
      throw error;
    },
  );
  expect(answer).toEqual(model.allocate(command));
}

async function step(run: Run, command: Command): Promise<void> {
  const { world, ctx, tx, model, network } = run;
  const { tenant_id, projects } = network;
  switch (command.what) {
    case 'allocate':
      return allocate(run, command);
    case 'release': {
      const released = await releaseAddress(ctx, tx, unrecorded, nodeOf(run.network, command.node));
      const ip = released === undefined ? undefined : offsetOf(world, released.ip);
      expect(ip).toBe(model.release(command.node));
      return;
    }
    case 'reserve': {
      const { project, block, strict } = command;
      if (!model.reserve(project, block, strict)) return;
      return rangesChanged(
        run,
        sql`
          insert into project_mesh_ip_reservations (tenant_id, project_id, sub_range, strict)
          values (${tenant_id}, ${projects[project]}, ${cidrOf(world, block)}, ${strict})
          on conflict (tenant_id, project_id) do update set sub_range = excluded.sub_range, strict = excluded.strict`,
      );
    }
    case 'unreserve':
      model.unreserve(command.project);
      return rangesChanged(
        run,
        sql`delete from project_mesh_ip_reservations where tenant_id = ${tenant_id} and project_id = ${projects[command.project]}`,
      );
    case 'range': {
      const { block } = command;
      if (!model.change(block)) return;
      return rangesChanged(run, sql`update tenants set mesh_cidr = ${cidrOf(world, block)} where id = ${tenant_id}`);
    }
    case 'wait':
      model.wait(command.seconds);
      await freeRested(tx, tenant_id, ctx.clock());
      return;
    case 'rest':
      model.rest(command.seconds);
      await sql`update tenants set mesh_rest_seconds = ${command.seconds}::int where id = ${tenant_id}`.execute(tx);
  }
}

async function expectEqual({ world, tx, network: { tenant_id, projects, nodes }, model }: Run): Promise<void> {
  const free = (await freeRows(tx, tenant_id)).map(
    ({ project_id, first, last, not_before }): FreeBlock => ({
      project: project_id === null ? null : projects.indexOf(project_id),
      first: offsetOf(world, first),
      last: offsetOf(world, last),
      not_before: not_before === null ? null : (Date.parse(not_before) - START) / 1_000,
    }),
  );
  expect(free).toEqual(model.free());
  const addresses = tx.selectFrom('domain_mesh_ip_allocations').select(['node_id', 'ip']);
  const held = await addresses.where('tenant_id', '=', tenant_id).execute();
  expect(new Map(held.map(({ node_id, ip }) => [node_id, offsetOf(world, ip)]))).toEqual(
    new Map([...model.held].map(([node, ip]) => [nodes[node]?.node_id, ip])),
  );
}

/** What the counts of addresses tell of each project, with the pool and without it. */
async function expectRoomRight({ tx, network: { tenant_id, projects }, model }: Run): Promise<void> {
  const free = model.free();
  for (const [place, project_id] of projects.entries())
    for (const pool of [false, true]) {
      const room = free.some(({ project }) => project === place || (pool && project === null));
      expect(await meshFreeRanges.findRoomByCounts(tx, { tenant_id, project_id, pool })).toBe(room);
    }
}

async function replay(world: World, network: NetworkRows, commands: readonly Command[]): Promise<void> {
  const [range = { at: 0, size: 0 }] = world.ranges;
  const model = createNetworkModel({ family: world.family, range, projects: PROJECTS });
  const clock = () => new Date(START + model.now() * 1_000);
  const ctx = { ...networkContext(server.app.deps), clock };
  const tx = await server.app.deps.db.startTransaction().execute();
  try {
    const run = { world, ctx, tx, network, model };
    for (const command of commands) {
      await step(run, command);
      await expectEqual(run);
    }
    await expectRoomRight(run);
  } finally {
    await tx.rollback().execute();
  }
}

// proves C26
test.each([V4, V6])(
  'addresses and free ranges of IPv$family equal sets of addresses after any history',
  async (world) => {
    const [range = { at: 0, size: 0 }] = world.ranges;
    const { deps } = server.app;
    const network = await newNetworkRows(deps, { cidr: cidrOf(world, range), projects: PROJECTS, nodes: NODES });
    const histories = fc.array(commandsOf(world), { minLength: COMMANDS, maxLength: COMMANDS });
    await fc.assert(
      fc.asyncProperty(histories, (commands) => replay(world, network, commands)),
      { numRuns: RUNS },
    );
  },
);
