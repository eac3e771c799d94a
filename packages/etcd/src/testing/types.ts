/** What tests say to a cluster and are told. */
import type { EtcdOptions } from '../types.ts';
import type { TestUser } from './admin.ts';

export interface StartOptions {
  readonly members?: 1 | 3;
  /** Bytes of a member's database beyond which puts are refused. */
  readonly quotaBackendBytes?: number;
  /** Servers and clients show certificates of an authority of the cluster's own. */
  readonly tls?: boolean;
  /** Switches authentication on, with `root` and this user. */
  readonly auth?: TestUser;
  /** A leader is missed after 500 ms; `production` is etcd's own 1,000 ms. */
  readonly elections?: 'fast' | 'production';
  /** More arguments of each process. */
  readonly args?: readonly string[];
}

export interface TestMember {
  readonly endpoint: string;
  /** Ends the process at once (SIGKILL), as a loss of power would. */
  kill(): Promise<void>;
  /** Ends the process like `kill`, and deletes what it stored: started again with all others, they are a new cluster. */
  lose(): Promise<void>;
  /** Starts it again with what it stored; resolves when it answers, which needs a majority of members. */
  start(): Promise<void>;
  /** Stops the process (SIGSTOP): connections to it stay, and nothing answers. */
  pause(): void;
  resume(): void;
  /** Loses what clients send to the member and what it answers; the other members still reach it. */
  isolate(): void;
  /** Ends `isolate`. */
  admit(): void;
  /** The end of what it logged. */
  output(): string;
}

export interface TestCluster {
  readonly endpoints: readonly string[];
  /** What `createEtcd` needs to be admitted: certificates, and the name and password of the user, if there is one. */
  readonly options: EtcdOptions;
  /** The same for `root`, who may do everything. */
  readonly rootOptions: EtcdOptions;
  member(index: number): TestMember;
  /** Resolves to the index of the leader that a majority follows, as soon as there is one. */
  leader(): Promise<number>;
  /** Loses everything between two members. */
  cut(one: number, other: number): void;
  /** Loses everything between a member and all others; clients still reach it. */
  cutOff(index: number): void;
  /** Ends all cuts. */
  mend(): void;
  /** Ends all processes and removes what they stored. */
  stop(): Promise<void>;
}
