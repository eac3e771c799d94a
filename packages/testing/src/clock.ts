/** What a test sees of the registry's clock. */

export interface TestClock {
  /** The current time of the registry. */
  now(): Date;
  /**
   * Moves the time forward, and resolves when all work that became due is done: ended trials are frozen, tenants that
   * were frozen for long are archived. The move is one step, so the effects of that work carry the new time.
   */
  advance(ms: number): Promise<void>;
}
