/** How many times its operations a run may take until it has seen enough. */
const LONGER_AT_MOST = 20;

/** Tells whether a run goes on: until it has done its operations, and until it has seen enough, which chance decides. */
export function goesOn(done: number, operations: number, hasSeen: () => boolean): boolean {
  return done < operations || (!hasSeen() && done < operations * LONGER_AT_MOST);
}
