/** One attack that is ready: its workers act again and again until they are stopped. */
export interface Assault {
  /** What the attacker has been allowed to make for it. */
  readonly note: string;
  readonly workers: number;
  /** One step of worker `n`; resolves soon after `signal` is aborted. */
  act(n: number, round: number, signal: AbortSignal): Promise<unknown>;
}
