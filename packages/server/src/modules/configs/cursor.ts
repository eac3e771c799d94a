/** A cursor names a state of a project's configurations: `<epoch>.<revision>`, opaque to callers. */

export interface State {
  /** Another one after the store was moved or repaired: its revisions say nothing about those of this one. */
  readonly epoch: string;
  readonly revision: number;
}

/** Returns the cursor of the state. */
export function cursorOf({ epoch, revision }: State): string {
  return `${epoch}.${revision}`;
}

/** Returns the state that the cursor names, or undefined for text that is no cursor. */
export function stateOf(cursor: string): State | undefined {
  const [, epoch, revision] = /^([0-9a-z]{1,32})\.(0|[1-9]\d{0,15})$/.exec(cursor) ?? [];
  if (epoch === undefined || !Number.isSafeInteger(Number(revision))) return undefined;
  return { epoch, revision: Number(revision) };
}
