/** What an operator is told of the stores of configurations. */
import { configRelay } from '@tenant-registry/db';
import { type Alarm, type EndpointStatus, EtcdError, supportedVersion } from '@tenant-registry/etcd';
import { readIntent } from '../intents.ts';
import type { Meta } from '../meta.ts';
import { type AdminParts, findMeta } from './parts.ts';
import { plainly } from './plainly.ts';

const MIB = 1_048_576;

/** Says what there is and what is wrong; resolves to whether nothing is. */
export async function status(parts: AdminParts | null, db: AdminParts['db'], say: AdminParts['say']): Promise<boolean> {
  const store = await configRelay.findConfigStore(db);
  say(`values are in     ${store.kind}`);
  say(`epoch             ${store.epoch}`);
  if (parts === null) {
    if (store.kind === 'etcd') say('etcd              ETCD_ENDPOINTS is missing');
    return store.kind === 'postgres';
  }
  return tell(parts, store, await troublesOfEtcd(parts, store));
}

/** Says what there is of etcd; resolves to what is wrong, each with what to do about it. */
export async function troublesOfEtcd(parts: AdminParts, store: configRelay.ConfigStoreRow): Promise<readonly string[]> {
  const members = await parts.etcd.status().catch(etcdError);
  if (members instanceof EtcdError) return [plainly(members)];
  for (const member of members) parts.say(`member            ${textOf(member)}`);
  const troubles = members.flatMap(troublesOfMember);
  const found = await compare(parts, store).catch(etcdError);
  return [...troubles, ...(found instanceof EtcdError ? [plainly(found)] : found)];
}

/** Where the values are in the database, troubles of etcd keep nothing from working. */
function tell({ say }: AdminParts, { kind }: configRelay.ConfigStoreRow, troubles: readonly string[]): boolean {
  for (const trouble of troubles) say(`trouble           ${trouble}`);
  return kind === 'postgres' || troubles.length === 0;
}

function etcdError(error: unknown): EtcdError {
  if (error instanceof EtcdError) return error;
  throw error;
}

async function compare(parts: AdminParts, store: configRelay.ConfigStoreRow): Promise<readonly string[]> {
  const { say, etcd, keys } = parts;
  const { meta, revision } = await findMeta(parts);
  say(`epoch in etcd     ${meta === null ? 'none' : `${meta.epoch} (${meta.state})`}`);
  say(`revision of etcd  ${revision}, ${store.revision_seen} seen by the database`);
  const order = { by: 'mod_revision' } as const;
  const { count, kvs } = await etcd.range({ prefix: keys.intents }, { keysOnly: true, limit: 1, order });
  const seconds = kvs[0] === undefined ? 0 : await lagOf(parts, kvs[0].key);
  say(`waiting           ${count}, the oldest for ${seconds} s`);
  const alarms = await etcd.alarms();
  const troubles = alarms.map(({ alarm, memberId }) => `member ${memberId} ${ALARMS[alarm]}`);
  if (store.kind !== 'etcd') return troubles;
  return [...troubles, ...troublesOf({ store, meta, revision }), ...(seconds > LATE_SECONDS ? [LATE] : [])];
}

const ALARMS: Readonly<Record<Alarm['alarm'], string>> = {
  no_space: 'has no space left, so nothing can be written: see "When etcd is full" in docs/operations.md',
  corrupt: 'has other data than the others: replace it, as the manual of etcd says for a corrupt member',
  unknown: 'has an alarm that this program does not know: ask it with `etcdctl alarm list`',
};

const LATE_SECONDS = 30;
const LATE =
  'changes have waited for more than 30 s: the log of the registry (worker configs-relay) says why the database does not take them';

interface Compared {
  readonly store: configRelay.ConfigStoreRow;
  readonly meta: Meta | null;
  readonly revision: number;
}

function troublesOf({ store, meta, revision }: Compared): readonly string[] {
  if (meta === null) return ['etcd has lost the values: run `configs repair`'];
  if (meta.epoch !== store.epoch) return ['etcd has values of another epoch: run `configs repair`'];
  if (revision < store.revision_seen) return ['etcd is older than what the database has of it: run `configs repair`'];
  if (meta.state === 'ready') return [];
  return [
    'writes are refused: a move or a repair is under way, or was broken off. Then repeat it, or let writes in with `configs move --to=etcd`',
  ];
}

function troublesOfMember(member: EndpointStatus): readonly string[] {
  const { endpoint } = member;
  if (!member.answered) return [`${endpoint} does not answer: start the member, or look at the way to it`];
  if (!supportedVersion(member.version))
    return [`${endpoint} has version ${member.version}, which can lose what it acknowledged: upgrade it`];
  if (member.leader === null) return [`${endpoint} knows no leader: start members until a majority runs`];
  return member.errors.map((each) => `${endpoint} says of itself: ${each}`);
}

async function lagOf({ etcd, clock }: AdminParts, key: string): Promise<number> {
  const { kvs } = await etcd.range({ key });
  const written = kvs[0] === undefined ? undefined : Date.parse(readIntent(kvs[0]).value.updated_at);
  return written === undefined ? 0 : Math.max(0, Math.round((clock().getTime() - written) / 1_000));
}

function textOf(member: EndpointStatus): string {
  if (!member.answered) return `${member.endpoint}  does not answer`;
  const { endpoint, version, dbSize, quota, leader, memberId } = member;
  const size = `${(dbSize / MIB).toFixed(1)} MiB${quota === null ? '' : ` of ${Math.round(quota / MIB)}`}`;
  const role = leader === null ? 'no leader' : leader === memberId ? 'leader' : 'follower';
  return [endpoint, version, size, role].join('  ');
}
