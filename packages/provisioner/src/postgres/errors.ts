/** What errors of a server mean for a pass: try later, or ask a person. */
import { safeMessage } from '@tenant-registry/db';
import { ProvisionerUnavailable } from '../types.ts';

/** Only a person can go on. */
export class Refusal extends Error {
  readonly reason: 'refused' | 'conflict' | 'unrecoverable';

  constructor(reason: Refusal['reason'], message: string) {
    super(message);
    this.name = 'Refusal';
    this.reason = reason;
  }
}

/** By SQLSTATE: what a person can do about it. */
const REFUSED: Readonly<Record<string, string>> = {
  '53100': 'the disk of the server is full: make room, then retry',
  '42501':
    'the administrator lacks a right: grant it, or take what needs it (a parameter for superusers, an extension that is not trusted) out of the tier',
  '42704': 'the server does not know that: correct the parameters and extensions of the tier',
  '22023': 'the server does not take that value: correct the parameters of the tier',
  '22P02': 'the server does not take that value: correct the parameters of the tier',
  '55P02': 'that parameter belongs to the whole server: take it out of the tier',
  '0A000': 'the server does not have that: install the extension there, or take it out of the tier',
  '58P01': 'the server does not have that: install the extension there, or take it out of the tier',
  '25006': 'the database is read-only: take default_transaction_read_only out of the tier',
  '2BP01': 'something else depends on a role of the database: drop or reassign it, then retry',
};

/** The server turns a client away that it knows: the password is wrong, or the role may not log in. */
export function isTurnedAway(error: unknown): boolean {
  return ['28P01', '28000'].includes(fieldOf(error, 'code') ?? '');
}

/** All places of the database, or of the login, are taken. The server says so only to a client whose password was right. */
export function isCrowded(error: unknown): boolean {
  const isAfterPassword = ['CheckMyDatabase', 'InitializeSessionUserId'].includes(fieldOf(error, 'routine') ?? '');
  return fieldOf(error, 'code') === '53300' && isAfterPassword;
}

/** Returns what the pass ends with. Messages name the server as `host:port`, and no password. */
export function meaningOf(error: unknown, address: string): Error {
  if (error instanceof Refusal || error instanceof ProvisionerUnavailable) return error;
  const code = fieldOf(error, 'code');
  const isProgramming = code === undefined && (error instanceof TypeError || error instanceof RangeError);
  if (isProgramming) return error;
  const detail = fieldOf(error, 'detail');
  const said = [safeMessage(error), detail].filter((each) => each !== undefined).join(': ');
  const advice = code === undefined ? undefined : REFUSED[code];
  if (advice !== undefined) return new Refusal('refused', `PostgreSQL at ${address}: ${said} (${advice})`);
  return new ProvisionerUnavailable(`PostgreSQL at ${address}: ${said}${code === undefined ? '' : ` (${code})`}`);
}

function fieldOf(error: unknown, field: 'code' | 'routine' | 'detail'): string | undefined {
  const value =
    error instanceof Error && field in error ? (error as Error & Record<string, unknown>)[field] : undefined;
  return typeof value === 'string' ? value : undefined;
}
