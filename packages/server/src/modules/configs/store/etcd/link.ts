/** Calls to etcd as the registry sees them: what fails becomes what callers may know, and answers of a lost past are noticed. */
import { type Etcd, EtcdError, type Kv, type OpAnswer } from '@tenant-registry/etcd';
import { kernelErrors } from '../../../../kernel/errors.ts';
import type { Logger } from '../../../../kernel/logger.ts';
import { configErrors } from '../../errors.ts';

export interface Link {
  readonly etcd: Etcd;
  /**
   * Makes the call. Throws `unavailable` and `config_store_full`; `EtcdError` alone of the kinds `compacted` and
   * `unknown_outcome`.
   */
  ask<Answer extends { readonly revision: number }>(call: (etcd: Etcd) => Promise<Answer>): Promise<Answer>;
  /** Reads keys in one state. Throws like `ask`. */
  gets(keys: readonly string[]): Promise<{ readonly revision: number; readonly kvs: readonly (Kv | null)[] }>;
  /** Whether the last call was answered. */
  isUp(): boolean;
  /**
   * Says what decides, after an answer that was older than an earlier one, whether the values are trusted again: they are
   * when it resolves to true. Until then every call throws `unavailable`.
   */
  onBehind(recover: () => Promise<boolean>): void;
}

/** Makes it. */
export function createLink(etcd: Etcd, logger: Logger): Link {
  const state: State = { etcd, logger, up: true, highest: 0, isBehind: false, recover: async () => false };
  const ask: Link['ask'] = (call) => askThrough(state, call);
  return {
    etcd,
    ask,
    async gets(keys) {
      const success = keys.map((key) => ({ type: 'get' as const, key }));
      const { revision, responses } = await ask((each) => each.txn({ success }));
      return { revision, kvs: responses.map(kvOf) };
    },
    isUp: () => state.up && !state.isBehind,
    onBehind(recover) {
      state.recover = recover;
    },
  };
}

interface State {
  readonly etcd: Etcd;
  readonly logger: Logger;
  up: boolean;
  /** The highest revision that an answer had. */
  highest: number;
  isBehind: boolean;
  recover: () => Promise<boolean>;
}

async function askThrough<Answer extends { readonly revision: number }>(
  state: State,
  call: (etcd: Etcd) => Promise<Answer>,
): Promise<Answer> {
  if (state.isBehind) await requireRecovered(state);
  const known = state.highest;
  const answer = await answered(state, call);
  // Linearizable answers never go back: this cluster was restored from a backup, or is another one.
  if (answer.revision < known && known === state.highest) {
    state.isBehind = true;
    state.logger.error('etcd is behind what it had answered: configurations are unavailable until `configs repair`');
  }
  if (answer.revision < known) throw needsRepair('etcd is behind what it had answered');
  state.highest = Math.max(state.highest, answer.revision);
  return answer;
}

async function requireRecovered(state: State): Promise<void> {
  if (!(await state.recover())) throw needsRepair('etcd is behind what it had answered');
  state.isBehind = false;
  state.highest = 0;
}

async function answered<Answer>(state: State, call: (etcd: Etcd) => Promise<Answer>): Promise<Answer> {
  try {
    const answer = await call(state.etcd);
    note(state, true);
    return answer;
  } catch (error) {
    if (error instanceof EtcdError) note(state, isAnswer(error), error.message);
    throw toCallersError(error);
  }
}

function note(state: State, up: boolean, reason?: string): void {
  if (up === state.up) return;
  state.up = up;
  if (up) state.logger.info('etcd answers again');
  else state.logger.error({ reason }, 'etcd does not answer: configurations are unavailable');
}

/** Returns what a get found. */
export function kvOf(answer: OpAnswer | undefined): Kv | null {
  if (answer?.type !== 'get') throw new Error('a get is answered with what it found');
  return answer.kv;
}

const AGAIN_SECONDS = 1;

/** The error while values cannot be had. */
export function storeUnavailable(detail: string, cause?: unknown) {
  return kernelErrors.unavailable({ detail, retryAfter: AGAIN_SECONDS, cause });
}

/** The error of a store that has lost what it had, until its operator repairs it. */
export function needsRepair(reason: string) {
  const cause = new Error(`${reason}: run \`npm run configs -- status\`, then \`repair\``);
  return storeUnavailable('The store of configurations is not what it was: its operator has to repair it.', cause);
}

/** Nothing is wrong with the cluster. */
function isAnswer({ kind }: EtcdError): boolean {
  return kind === 'no_space' || kind === 'compacted' || kind === 'too_large';
}

function toCallersError(error: unknown): unknown {
  if (!(error instanceof EtcdError)) return error;
  switch (error.kind) {
    case 'unavailable':
      return storeUnavailable('The store of configurations cannot be reached: try again.', error);
    case 'unauthenticated':
    case 'permission_denied':
      return storeUnavailable('The store of configurations does not admit the registry.', error);
    case 'no_space':
      return configErrors.storeFull({ retryAfter: 60, cause: error });
    case 'too_large':
      return kernelErrors.bodyTooLarge({ cause: error });
    case 'compacted':
    case 'unknown_outcome':
    case 'internal':
      return error;
    default:
      return error.kind satisfies never;
  }
}
