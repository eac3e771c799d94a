/** One member of a cluster: its process, and the relays through which clients and members reach it. */
import { randomBytes } from 'node:crypto';
import { join } from 'node:path';
import type { Network } from './network.ts';
import { type EtcdProcess, etcdProcess } from './process.ts';
import { openRelay, type Relay } from './relay.ts';
import type { StartOptions } from './types.ts';

export interface Member {
  readonly name: string;
  readonly process: EtcdProcess;
  readonly clients: Relay;
  readonly peers: Relay;
  readonly endpoint: string;
}

export interface Place {
  readonly folder: string;
  readonly network: Network;
  readonly scheme: 'http' | 'https';
}

/** TLS does not ask a server by its address. */
const HOST = { http: '127.0.0.1', https: 'localhost' } as const;

export async function openMember(index: number, { folder, network, scheme }: Place): Promise<Member> {
  const name = `member${index}`;
  const process = etcdProcess(join(folder, name));
  const clients = await openRelay({ target: process.clientSocket, passes: () => network.clientsPass(index) });
  const peers = await openRelay({ target: process.peerSocket, passes: (sender) => network.peersPass(sender, index) });
  return { name, process, clients, peers, endpoint: `${scheme}://${HOST[scheme]}:${clients.port}` };
}

/** Returns what gives the arguments of each member's process. */
export function argumentsOf(members: readonly Member[], options: StartOptions): (member: Member) => string[] {
  const { elections = 'fast', quotaBackendBytes, tls = false, args = [] } = options;
  const peerUrl = ({ peers }: Member) => `http://127.0.0.1:${peers.port}`;
  const initial = members.map((member) => `${member.name}=${peerUrl(member)}`).join(',');
  const token = randomBytes(8).toString('hex');
  return (member) => [
    ...['--name', member.name, '--data-dir', 'data'],
    ...['--listen-client-urls', `${tls ? 'unixs' : 'unix'}://client:1`, '--advertise-client-urls', member.endpoint],
    ...['--listen-peer-urls', 'unix://peer:1', '--initial-advertise-peer-urls', peerUrl(member)],
    ...['--initial-cluster', initial, '--initial-cluster-token', token],
    ...['--logger', 'zap', '--log-level', 'warn', '--log-outputs', 'stderr'],
    ...(elections === 'fast' ? ['--heartbeat-interval', '50', '--election-timeout', '500'] : []),
    ...(quotaBackendBytes === undefined ? [] : ['--quota-backend-bytes', String(quotaBackendBytes)]),
    ...(tls ? ['--cert-file', '../server.pem', '--key-file', '../server.key'] : []),
    ...(tls ? ['--client-cert-auth', '--trusted-ca-file', '../ca.pem'] : []),
    ...args,
  ];
}
