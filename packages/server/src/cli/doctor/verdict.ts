/** What a check says. */

export type Status = 'ok' | 'warning' | 'failed' | 'skipped';

export interface Verdict {
  readonly status: Status;
  /** What was found, without a secret. */
  readonly message: string;
  /** What to do about it; null where nothing has to be done. */
  readonly advice: string | null;
}

export interface Finding extends Verdict {
  readonly check: string;
}

export function ok(message: string): Verdict {
  return { status: 'ok', message, advice: null };
}

export function warning(message: string, advice: string): Verdict {
  return { status: 'warning', message, advice };
}

export function failed(message: string, advice: string): Verdict {
  return { status: 'failed', message, advice };
}

export function skipped(message: string): Verdict {
  return { status: 'skipped', message, advice: null };
}
