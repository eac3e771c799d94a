/** A cluster of etcd processes on this machine, whose members can be killed, stopped and cut from each other. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { createEtcd } from '../create-etcd.ts';
import type { Etcd, EtcdOptions } from '../types.ts';
import { ROOT, setUpAuth } from './admin.ts';
import { type Certificates, createCertificates } from './certificates.ts';
import { leaderOf } from './leader.ts';
import { argumentsOf, type Member, openMember } from './member.ts';
import { createNetwork, type Network } from './network.ts';
import type { StartOptions, TestCluster, TestMember } from './types.ts';

interface Parts {
  readonly network: Network;
  readonly members: readonly Member[];
  /** For each member a client that asks it alone. */
  readonly clients: readonly Etcd[];
  readonly argumentsFor: (member: Member) => string[];
}

const POLL_MS = 25;
const PATIENCE_MS = 120_000;

/**
 * Starts a cluster; resolves when every member answers.
 * @throws {Error} etcd is absent, or ended while it started, with the end of its log.
 */
export async function startEtcd(options: StartOptions = {}): Promise<TestCluster> {
  const folder = mkdtempSync(join(tmpdir(), 'etcd-'));
  const network = createNetwork();
  const certificates = options.tls === true ? await writeCertificates(folder) : undefined;
  const place = { folder, network, scheme: certificates === undefined ? 'http' : 'https' } as const;
  const indexes = Array.from({ length: options.members ?? 1 }, (_, index) => index);
  const members = await Promise.all(indexes.map((index) => openMember(index, place)));
  const shared: EtcdOptions = {
    endpoints: members.map(({ endpoint }) => endpoint),
    ...(certificates === undefined ? {} : { tls: { ca: certificates.ca, ...certificates.client } }),
  };
  const clients = members.map(({ endpoint }) => createEtcd({ ...shared, endpoints: [endpoint] }));
  const parts = { network, members, clients, argumentsFor: argumentsOf(members, options) };
  const stop = async () => {
    for (const client of clients) client.close();
    await Promise.all(members.map(({ process }) => process.kill()));
    await Promise.all(members.flatMap((member) => [member.clients.close(), member.peers.close()]));
    rmSync(folder, { recursive: true, force: true, maxRetries: 3 });
  };
  try {
    const ids = await Promise.all(indexes.map((index) => start(parts, index)));
    ids.forEach((id, index) => {
      network.ids.set(id, index);
    });
    if (options.auth !== undefined) await setUpAuth(shared, options.auth);
  } catch (error) {
    await stop();
    throw error;
  }
  return { ...controls(parts), ...optionsOf(shared, options), stop };
}

async function writeCertificates(folder: string): Promise<Certificates> {
  const certificates = await createCertificates();
  writeFileSync(join(folder, 'ca.pem'), certificates.ca);
  writeFileSync(join(folder, 'server.pem'), certificates.server.cert);
  writeFileSync(join(folder, 'server.key'), certificates.server.key);
  return certificates;
}

function optionsOf(shared: EtcdOptions, { auth }: StartOptions) {
  const { endpoints } = shared;
  if (auth === undefined) return { endpoints, options: shared, rootOptions: shared };
  const { username, password } = auth;
  return { endpoints, options: { ...shared, username, password }, rootOptions: { ...shared, ...ROOT } };
}

/** Starts the process of a member; resolves to its id when it answers. */
async function start({ members, clients, argumentsFor }: Parts, index: number): Promise<string> {
  const member = members[index];
  const client = clients[index];
  if (member === undefined || client === undefined) throw new RangeError(`there is no member ${index}`);
  member.process.spawn(argumentsFor(member));
  const patience = AbortSignal.timeout(PATIENCE_MS);
  for (;;) {
    const [status] = await client.status();
    if (status?.answered === true && status.leader !== null) return status.memberId;
    if (!member.process.running() || patience.aborted)
      throw new Error(`${member.name} of etcd does not answer: ${member.process.output()}`);
    await pause(POLL_MS);
  }
}

function controls(parts: Parts): Omit<TestCluster, 'endpoints' | 'options' | 'rootOptions' | 'stop'> {
  const { members, clients, network } = parts;
  const apply = () => {
    for (const { clients: one, peers } of members) for (const relay of [one, peers]) relay.refresh();
  };
  const cut = (one: number, other: number) => {
    network.cut(one, other);
    apply();
  };
  return {
    member: (index) => memberControls(parts, { index, apply }),
    leader: () => leaderOf(clients),
    cut,
    cutOff(index) {
      members.forEach((_, other) => {
        if (other !== index) cut(index, other);
      });
    },
    mend() {
      network.mend();
      apply();
    },
  };
}

function memberControls(parts: Parts, { index, apply }: { index: number; apply: () => void }): TestMember {
  const member = parts.members[index];
  if (member === undefined) throw new RangeError(`there is no member ${index}`);
  const { process, endpoint } = member;
  return {
    endpoint,
    kill: process.kill,
    lose: process.lose,
    async start() {
      await start(parts, index);
    },
    pause: process.pause,
    resume: process.resume,
    isolate() {
      parts.network.isolate(index);
      apply();
    },
    admit() {
      parts.network.admit(index);
      apply();
    },
    output: process.output,
  };
}
