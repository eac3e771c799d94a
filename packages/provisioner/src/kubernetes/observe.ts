/** What a pass says of a database, decided from what was read and applied alone. */
import type { Desired, Observed, Phase, Slot } from '../types.ts';
import type { KubeObject } from './api.ts';
import { hostOf, PORT, roleOf } from './manifests.ts';
import { identityOf } from './place.ts';
import {
  clusterStatus,
  conditionsOf,
  isClosed,
  isHealthy,
  isHibernated,
  isProved,
  namedSlot,
  otherSlot,
  type World,
} from './world.ts';

export interface Seen {
  readonly world: World & { readonly cluster: KubeObject };
  /** The database was usable before, so that a passing fault does not make it unusable. */
  readonly once: boolean;
  /** A change was made, and the operator has not said yet that it is through. */
  readonly changing: boolean;
  readonly repaired: readonly string[];
}

type Finding = Phase & { readonly message: string | null; readonly in_sync: boolean };

/** Returns what a pass has found where the Cluster is there. */
export function observe(desired: Desired, seen: Seen): Observed {
  return { ...finding(desired, seen), ...findings(desired, seen) };
}

/** Returns what a pass has found where the Cluster is not there, or not ours. */
export function observeWithout(desired: Desired, found: Finding): Observed {
  const nothing = { conditions: [], endpoint: null, secret_name: null, repaired: [], login: null };
  return { ...nothing, ...found, external_uid: desired.external_uid };
}

function finding(desired: Desired, seen: Seen): Finding {
  const failure = failureOf(seen);
  if (failure !== undefined) return failure;
  if (desired.want === 'running') return runningFinding(desired, seen);
  const phase = desired.want === 'asleep' ? 'asleep' : 'retained';
  return isHibernated(seen.world.cluster)
    ? { phase, message: null, in_sync: true }
    : working('applying', 'the pods of the database are being stopped');
}

function findings(desired: Desired, { world, repaired }: Seen) {
  return {
    conditions: conditionsOf(world.cluster),
    external_uid: desired.external_uid ?? identity(world),
    endpoint: world.pooler === undefined ? null : ({ host: hostOf(desired), port: PORT, sslmode: 'require' } as const),
    secret_name: world.credentials === undefined ? null : desired.names.credentials,
    repaired,
    login: loginOf(desired, world),
  };
}

function identity({ cluster, place }: Seen['world']): string | null {
  const [uid, placeUid] = [cluster.metadata.uid, place?.metadata.uid];
  return uid === undefined || placeUid === undefined ? null : identityOf(uid, placeUid);
}

/** Nothing proves a login of a database that sleeps. */
function loginOf(desired: Desired, world: Seen['world']): Observed['login'] {
  const current = desired.want === 'running' ? provedSlot(desired, world) : undefined;
  if (current === undefined) return null;
  const other = otherSlot(current);
  const closed = isClosed(world.cluster, world.logins[other], roleOf(desired, other));
  return { current, other: closed ? 'closed' : 'open' };
}

function provedSlot(desired: Desired, world: Seen['world']): Slot | undefined {
  const slot = namedSlot(desired, world);
  if (slot === undefined) return undefined;
  return isProved(world.cluster, world.logins[slot], roleOf(desired, slot)) ? slot : undefined;
}

function failureOf({ world }: Seen): Finding | undefined {
  const { phase = '', phaseReason = '' } = clusterStatus(world.cluster);
  const message = `${phase}${phaseReason === '' ? '' : `: ${phaseReason.slice(0, 500)}`}`;
  if (phase === 'Invalid cluster definition') return { phase: 'failed', reason: 'refused', message, in_sync: false };
  if (phase.startsWith('Cluster is unrecoverable'))
    return { phase: 'failed', reason: 'unrecoverable', message, in_sync: false };
  return undefined;
}

function runningFinding(desired: Desired, seen: Seen): Finding {
  const waiting = waitingFor(desired, seen);
  if (waiting !== undefined) return waiting;
  const ready = (reason: 'healthy' | 'changing' | 'degraded', message: string | null): Finding => ({
    phase: 'ready',
    reason,
    message,
    in_sync: reason === 'healthy',
  });
  if (seen.changing) return ready('changing', progressOf(seen));
  if (!isComplete(desired, seen)) return ready('degraded', progressOf(seen));
  const extensions = extensionsProblem(seen.world.extensions);
  if (extensions !== undefined) return ready('degraded', extensions);
  const login = loginOf(desired, seen.world);
  if (login?.current !== desired.logins.current) return ready('changing', 'the new login is not proved yet');
  if (desired.logins.other === 'closed' && login.other === 'open')
    return ready('changing', 'the old login is being closed');
  return ready('healthy', null);
}

/** Returns why no client can connect; undefined when one can. */
function waitingFor(desired: Desired, seen: Seen): Finding | undefined {
  const { world, once } = seen;
  const instances = clusterStatus(world.cluster).readyInstances ?? 0;
  const up = once ? instances > 0 : isComplete(desired, seen);
  if (!up || isHibernated(world.cluster)) return working('waiting_for_database', progressOf(seen));
  const extensions = extensionsProblem(world.extensions);
  if (!once && extensions !== undefined) return working('waiting_for_database', extensions);
  if (provedSlot(desired, world) === undefined) return working('waiting_for_credentials', rolesProblem(desired, seen));
  const pooler = poolerProblem(desired, world.pooler);
  return pooler === undefined ? undefined : working('waiting_for_pooler', pooler);
}

const working = (reason: (Phase & { phase: 'working' })['reason'], message: string): Finding => ({
  phase: 'working',
  reason,
  message,
  in_sync: false,
});

function isComplete({ spec }: Desired, { world: { cluster } }: Seen): boolean {
  return isHealthy(cluster) && clusterStatus(cluster).readyInstances === spec.instances;
}

function progressOf({ world: { cluster } }: Seen): string {
  const { phase = 'the operator has not looked at it yet', phaseReason, readyInstances = 0 } = clusterStatus(cluster);
  const why = phaseReason === undefined || phaseReason === '' ? '' : ` (${phaseReason.slice(0, 300)})`;
  return `${phase}${why}; ready instances: ${readyInstances}`;
}

function rolesProblem(desired: Desired, { world: { cluster } }: Seen): string {
  const role = roleOf(desired, desired.logins.current);
  const why = clusterStatus(cluster).managedRolesStatus?.cannotReconcile?.[role]?.join('; ');
  return why === undefined ? `login ${role} is being set up` : `login ${role}: ${why.slice(0, 500)}`;
}

/** A pooler says its phase since 1.30, and its number of pods before. */
function poolerProblem({ spec }: Desired, pooler: KubeObject | undefined): string | undefined {
  const status = (pooler?.status ?? {}) as { phase?: string; phaseReason?: string; instances?: number };
  const { phase, phaseReason, instances } = status;
  if (phase === undefined) return instances === spec.pool.instances ? undefined : 'the pooler has not started yet';
  return phase === 'active'
    ? undefined
    : `the pooler is ${phase}${phaseReason ? `: ${phaseReason.slice(0, 500)}` : ''}`;
}

function extensionsProblem(extensions: KubeObject | undefined): string | undefined {
  if (extensions === undefined) return undefined;
  const status = (extensions.status ?? {}) as { applied?: boolean; message?: string; observedGeneration?: number };
  if (status.applied === true && status.observedGeneration === extensions.metadata.generation) return undefined;
  return `the extensions are not there yet${status.message ? `: ${status.message.slice(0, 500)}` : ''}`;
}
