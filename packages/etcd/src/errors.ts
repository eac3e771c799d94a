/** The closed list of what can go wrong with a call. */
import { status } from '@grpc/grpc-js';

export type EtcdErrorKind =
  /** No endpoint answered in time, or none knows a leader. A write was not done. */
  | 'unavailable'
  /** A write was sent and its answer is lost: it is done, or will be, or not. */
  | 'unknown_outcome'
  /** The quota of the database is used up: puts are refused until it is smaller and `disarm` was called. */
  | 'no_space'
  /** The asked revision is gone. */
  | 'compacted'
  /** More operations or bytes than the server takes, or an answer that is larger than the client takes. */
  | 'too_large'
  | 'unauthenticated'
  | 'permission_denied'
  /** A request that etcd does not understand or an answer that the client does not: a defect. */
  | 'internal';

/** What every method of the client throws. The message never has a key or a value in it. */
export class EtcdError extends Error {
  override readonly name = 'EtcdError';
  readonly kind: EtcdErrorKind;
  /** Of `compacted`, where etcd tells it: the oldest revision from which a watch can start. */
  readonly compactRevision: number | undefined;

  constructor(kind: EtcdErrorKind, message: string, more: { cause?: unknown; compactRevision?: number } = {}) {
    super(message, { cause: more.cause });
    this.kind = kind;
    this.compactRevision = more.compactRevision;
  }
}

/** An answer of gRPC that is an error. */
export interface GrpcFailure {
  readonly code: number;
  readonly details: string;
}

export const NOT_CONNECTED: GrpcFailure = {
  code: status.UNAVAILABLE,
  details: 'no endpoint of etcd takes connections',
};

export interface Meaning {
  readonly kind: EtcdErrorKind;
  /** What a repetition needs: another endpoint, a new token, or nothing helps. */
  readonly again: 'elsewhere' | 'token' | 'never';
  /** Whether a write was certainly not taken. */
  readonly refused: boolean;
}

const NEVER = { again: 'never', refused: true } as const;
const ELSEWHERE = { kind: 'unavailable', again: 'elsewhere', refused: true } as const;
const TOKEN = { kind: 'unauthenticated', again: 'token', refused: true } as const;
const LOST: Meaning = { kind: 'unavailable', again: 'elsewhere', refused: false };

/** The texts are etcd's interface: several errors share a code. */
const BY_TEXT: readonly (readonly [string, Meaning])[] = [
  ['etcdserver: mvcc: database space exceeded', { kind: 'no_space', ...NEVER }],
  ['etcdserver: mvcc: required revision has been compacted', { kind: 'compacted', ...NEVER }],
  ['etcdserver: request is too large', { kind: 'too_large', ...NEVER }],
  ['etcdserver: too many operations in txn request', { kind: 'too_large', ...NEVER }],
  ['grpc: received message larger than max', { kind: 'too_large', ...NEVER }],
  // Said by our side of the connection, about an answer: a write was done.
  ['Received message larger than max', { kind: 'too_large', again: 'never', refused: false }],
  ['etcdserver: no leader', ELSEWHERE],
  ['etcdserver: too many requests', ELSEWHERE],
  ['etcdserver: rpc not supported for learner', ELSEWHERE],
  ['etcdserver: invalid auth token', TOKEN],
  ['etcdserver: revision of auth store is old', TOKEN],
  ['etcdserver: user name is empty', TOKEN],
  ['etcdserver: authentication failed', { kind: 'unauthenticated', ...NEVER }],
  ['etcdserver: permission denied', { kind: 'permission_denied', ...NEVER }],
  ['Response message parsing error', { kind: 'internal', again: 'never', refused: false }],
];

const BY_CODE: Readonly<Record<number, Meaning>> = {
  [status.INVALID_ARGUMENT]: { kind: 'internal', ...NEVER },
  [status.NOT_FOUND]: { kind: 'internal', ...NEVER },
  [status.FAILED_PRECONDITION]: { kind: 'internal', ...NEVER },
  [status.OUT_OF_RANGE]: { kind: 'internal', ...NEVER },
  [status.UNIMPLEMENTED]: { kind: 'internal', ...NEVER },
  [status.DATA_LOSS]: { kind: 'internal', again: 'never', refused: false },
  [status.UNAUTHENTICATED]: TOKEN,
  [status.PERMISSION_DENIED]: { kind: 'permission_denied', ...NEVER },
};

/** Returns what a failed attempt means. An error that is not known leaves open whether a write was done. */
export function meaningOf({ code, details }: GrpcFailure): Meaning {
  return BY_TEXT.find(([text]) => details.startsWith(text))?.[1] ?? BY_CODE[code] ?? LOST;
}

/** Ends one try of a call, inside the client: it makes another one with a new token, or throws an `EtcdError`. */
export class Refusal extends Error {
  override readonly name = 'Refusal';
  readonly failure: GrpcFailure;
  readonly kind: EtcdErrorKind;

  constructor(failure: GrpcFailure, kind: EtcdErrorKind = meaningOf(failure).kind) {
    super(failure.details);
    this.failure = failure;
    this.kind = kind;
  }
}

/** Returns the error of a call that ended. Other errors are returned as they are. */
export function toEtcdError(error: unknown): unknown {
  if (!(error instanceof Refusal)) return error;
  return new EtcdError(error.kind, `${error.failure.details} (${error.kind})`, { cause: error.failure });
}
