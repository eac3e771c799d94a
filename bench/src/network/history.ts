/** Who had an address: questions after many changes by two replicas, beside a model, in a large audit log. */
import { setTimeout as sleep } from 'node:timers/promises';
import { meshHistory } from '@tenant-registry/db';
import type { ActorContext } from '../../../packages/server/src/kernel/context.ts';
import { getMeshAddress } from '../../../packages/server/src/modules/network/addresses/service.ts';
import { median, round } from '../lib/load.ts';
import type { Section } from './section.ts';
import {
  contextOf,
  giveBack,
  type Network,
  newNetwork,
  openReplica,
  openWorld,
  take,
  timed,
  type World,
} from './world.ts';

const NODES = 100;
const CIDR = '10.0.0.0/26';
/** Of the moments between two changes, as many are long enough to be asked about. */
const QUIET_EVERY = 10;
const QUIET_MS = 20;

export const measureHistory: Section = async (surroundings) => {
  const { changes, questions, rows, progress, stack } = surroundings;
  const world = await openWorld(surroundings, 'network-history');
  const other = await openReplica({ url: world.url, stack });
  const network = await newNetwork(world, { used: 0, spare: NODES, cidr: CIDR });
  await fillLog(world, network, rows);
  progress(`history: ${rows} rows of the audit log`);
  const replicas = [contextOf(world, network), contextOf(other, network)] as const;
  const moments = await change(replicas, network, changes);
  await world.pool.query('vacuum analyze audit_log');
  progress(`history: ${changes} changes`);
  const times: number[] = [];
  let wrong = 0;
  for (let n = 0; n < questions; n += 1) {
    const { at, holders } = moments[Math.floor(Math.random() * moments.length)] ?? { at: 0, holders: new Map() };
    const ip = `10.0.0.${1 + Math.floor(Math.random() * 62)}`;
    let answer: Awaited<ReturnType<typeof getMeshAddress>> | undefined;
    const asked = { id: network.tenant_id, ip, at: new Date(at).toISOString() };
    times.push(await timed(async () => (answer = await getMeshAddress(replicas[0], asked))));
    if (answer?.held !== holders.has(ip) || (answer.held && answer.node_id !== holders.get(ip))) wrong += 1;
  }
  const read = await buffersOf(replicas[0], network, moments[Math.floor(moments.length / 2)]?.at ?? 0);
  progress(`history: ${read.indexes.join(', ')}`);
  return [
    {
      what: `of ${questions} questions after ${changes} changes: unlike the model`,
      value: wrong,
      unit: '',
      goal: { most: 0 },
    },
    { what: `a question at ${rows + changes} rows: p50`, value: round(median(times), 2), unit: 'ms' },
    { what: 'its statement: index scans', value: read.indexes.length, unit: '', goal: { most: 1 } },
    { what: 'its statement: buffers', value: read.buffers, unit: '' },
    { what: 'its statement: time in the database', value: round(read.ms, 3), unit: 'ms' },
  ];
};

interface Moment {
  readonly at: number;
  /** The node of each address that one had then. */
  readonly holders: ReadonlyMap<string, string>;
}

/** Makes so many changes one after the other, each by a replica by chance, and returns quiet moments between them. */
async function change(
  replicas: readonly [ActorContext, ActorContext],
  { spare }: Network,
  changes: number,
): Promise<Moment[]> {
  const has = new Map<string, string>();
  const moments: Moment[] = [];
  for (let n = 1; n <= changes; n += 1) {
    const ctx = replicas[Math.random() < 0.5 ? 0 : 1];
    const node = spare[Math.floor(Math.random() * spare.length)] ?? '';
    const ip = has.get(node);
    if (ip !== undefined) {
      await giveBack(ctx, node);
      has.delete(node);
    } else if (has.size < 60) has.set(node, (await take(ctx, node)).ip);
    if (n % QUIET_EVERY !== 0) continue;
    await sleep(QUIET_MS / 2);
    const at = ctx.clock().getTime();
    moments.push({ at, holders: new Map([...has].map(([holder, address]) => [address, holder])) });
    await sleep(QUIET_MS / 2);
  }
  return moments;
}

/** Appends rows of other addresses: half of them of the tenant, the others of none. */
async function fillLog({ pool }: World, { tenant_id, project_id }: Network, rows: number): Promise<void> {
  await pool.query(
    `insert into audit_log (tenant_id, project_id, actor_type, actor_id, action, target_type, target_id, target_name,
      metadata, origin, occurred_at, created_at)
    select case n % 2 when 0 then $1::uuid end, case n % 2 when 0 then $2::uuid end, 'api_key', 'bench',
      case n / 2 % 2 when 0 then 'mesh_address.allocated' else 'mesh_address.released' end, 'mesh_address',
      $1::text || '/' || host('172.16.0.0'::inet + n / 8), 'edge',
      jsonb_build_object('tenant_id', $1::text, 'project_id', $2::text, 'ip', host('172.16.0.0'::inet + n / 8),
        'node_id', $2::text, 'node_name', 'edge', 'allocated_at', '2026-01-01T00:00:00.000Z'),
      'registry', at, at
    from generate_series(1, $3::int) as n, lateral (select now() - interval '1 year' + n * interval '1 second') as t (at)`,
    [tenant_id, project_id, rows],
  );
}

/** What one question reads, by the account of the database in the role of the tenant. */
async function buffersOf(ctx: ActorContext, { tenant_id }: Network, at: number) {
  let asked: { readonly sql: string; readonly parameters: readonly unknown[] } | undefined;
  const plugin: Parameters<typeof ctx.db.withPlugin>[0] = {
    transformQuery({ node, queryId }) {
      asked = ctx.db.getExecutor().compileQuery(node, queryId);
      return node;
    },
    transformResult: async ({ result }) => result,
  };
  const question = { tenant_id, ip: '10.0.0.9', until: new Date(at), limit: 8 };
  await meshHistory.listMeshAddressEvents(ctx.db.withPlugin(plugin), question);
  if (asked === undefined) throw new Error('no statement was sent');
  const { sql: text, parameters } = asked;
  const compiled = { ...(asked as object), sql: `explain (analyze, buffers, format json) ${text}`, parameters };
  const { rows } = await ctx.db.executeQuery<{ 'QUERY PLAN': [{ Plan: Plan; 'Execution Time': number }] }>(
    compiled as unknown as Parameters<typeof ctx.db.executeQuery>[0] & never,
  );
  const [explained] = rows[0]?.['QUERY PLAN'] ?? [];
  if (explained === undefined) throw new Error('the database explained nothing');
  const { Plan: plan } = explained;
  const flat = (node: Plan): Plan[] => [node, ...(node.Plans ?? []).flatMap(flat)];
  return {
    indexes: flat(plan).flatMap((node) => node['Index Name'] ?? []),
    buffers: plan['Shared Hit Blocks'] + plan['Shared Read Blocks'],
    ms: explained['Execution Time'],
  };
}

interface Plan {
  readonly 'Index Name'?: string;
  readonly 'Shared Hit Blocks': number;
  readonly 'Shared Read Blocks': number;
  readonly Plans?: readonly Plan[];
}
