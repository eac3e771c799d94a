/** scripts/generate.ts writes this file from the OpenAPI document: do not edit. */
import type { QueryOptions } from '../../calls/options.ts';
import type { Result } from '../../result.ts';
import type { GetLimitsInput, Limits } from '../schemas/limits.ts';

/** The operations of `client.limits`. */
export interface LimitsOperations {
  /**
   * Get the limits.
   *
   * What the caller and its tenant may have in use, spend in a minute, and send, and what is left of it. Budgets are
   * counted by each process for itself: `remaining` is that of the process which answers.
   *
   * Requires no permission: any valid credential will do.
   */
  get(input?: GetLimitsInput, options?: QueryOptions): Result<Limits>;
}
