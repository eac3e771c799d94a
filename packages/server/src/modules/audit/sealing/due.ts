/** When logs are signed again. */
interface Checkpoint {
  readonly created_at: string;
}

/** Returns from which moment on logs that grew are signed, in milliseconds: after the last round, or at once. */
export function dueAt(last: Checkpoint | undefined, checkpointSeconds: number): number {
  return last === undefined ? 0 : Date.parse(last.created_at) + checkpointSeconds * 1_000;
}
