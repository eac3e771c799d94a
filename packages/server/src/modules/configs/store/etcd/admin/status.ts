/** What an operator is told of the stores of configurations. */
import { configRelay } from '@tenant-registry/db';
import { type EndpointStatus, EtcdError, supportedVersion } from '@tenant-registry/etcd';
import { readIntent } from '../intents.ts';
import { type AdminParts, findMeta } from './parts.ts';

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
  const members = await parts.etcd.status();
  for (const member of members) say(`member            ${textOf(member)}`);
  const isSound = members.every((each) => each.answered && supportedVersion(each.version) && each.errors.length === 0);
  try {
    const isRight = await compare(parts, store);
    return store.kind === 'postgres' || (isSound && isRight);
  } catch (error) {
    if (!(error instanceof EtcdError)) throw error;
    say(`etcd              does not answer: ${error.message}`);
    return store.kind === 'postgres';
  }
}

async function compare(parts: AdminParts, store: configRelay.ConfigStoreRow): Promise<boolean> {
  const { say, etcd, keys } = parts;
  const { meta, revision } = await findMeta(parts);
  say(`epoch in etcd     ${meta === null ? 'none' : `${meta.epoch} (${meta.state})`}`);
  say(`revision of etcd  ${revision}, ${store.revision_seen} seen by the database`);
  const order = { by: 'mod_revision' } as const;
  const { count, kvs } = await etcd.range({ prefix: keys.intents }, { keysOnly: true, limit: 1, order });
  const seconds = kvs[0] === undefined ? 0 : await lagOf(parts, kvs[0].key);
  say(`waiting           ${count}, the oldest for ${seconds} s`);
  const alarms = await etcd.alarms();
  for (const { alarm, memberId } of alarms) say(`alarm             ${alarm} of member ${memberId}`);
  if (store.kind !== 'etcd') return true;
  const trouble = troubleOf({ store, epoch: meta?.epoch, revision });
  if (trouble !== undefined) say(`trouble           ${trouble}: run \`configs repair\``);
  return trouble === undefined && alarms.length === 0 && seconds <= 30 && meta?.state === 'ready';
}

interface Compared {
  readonly store: configRelay.ConfigStoreRow;
  readonly epoch: string | undefined;
  readonly revision: number;
}

function troubleOf({ store, epoch, revision }: Compared): string | undefined {
  if (epoch === undefined) return 'etcd has lost the values';
  if (epoch !== store.epoch) return 'etcd has values of another epoch';
  if (revision < store.revision_seen) return 'etcd is older than what the database has of it';
  return undefined;
}

async function lagOf({ etcd, clock }: AdminParts, key: string): Promise<number> {
  const { kvs } = await etcd.range({ key });
  const written = kvs[0] === undefined ? undefined : Date.parse(readIntent(kvs[0]).value.updated_at);
  return written === undefined ? 0 : Math.max(0, Math.round((clock().getTime() - written) / 1_000));
}

function textOf(member: EndpointStatus): string {
  if (!member.answered) return `${member.endpoint}  does not answer (${member.error.kind})`;
  const { endpoint, version, dbSize, quota, leader, memberId, errors } = member;
  const size = `${(dbSize / MIB).toFixed(1)} MiB${quota === null ? '' : ` of ${Math.round(quota / MIB)}`}`;
  const role = leader === null ? 'no leader' : leader === memberId ? 'leader' : 'follower';
  const wrong = supportedVersion(version) ? errors : [...errors, 'this version can lose what it acknowledged'];
  return [endpoint, version, size, role, ...wrong].join('  ');
}
