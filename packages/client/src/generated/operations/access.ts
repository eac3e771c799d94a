/** scripts/generate.ts writes this file from the OpenAPI document: do not edit. */
import type { QueryOptions, WaitOptions } from '../../calls/options.ts';
import type { Result } from '../../result.ts';
import type {
  AccessVerdict,
  AccessVerdicts,
  Caller,
  CheckAccessBatchInput,
  CheckAccessInput,
  GetMeInput,
} from '../schemas/access.ts';

/** The operations of `client.access`. */
export interface AccessOperations {
  /**
   * Who am I.
   *
   * Who the credential belongs to, its tenant, its roles and its permissions. An empty list of permissions means that
   * the credential is good, and may do nothing: its roles are missing, or its tenant.
   *
   * Requires no permission: any valid credential will do.
   */
  me(input?: GetMeInput, options?: QueryOptions): Result<Caller>;
  /**
   * Check one permission.
   *
   * Every caller may ask about itself; with `access:check` a caller may ask about others, and an admin of a project
   * about others there. The answer is as of a moment after the question.
   *
   * Requires no permission: any valid credential will do.
   */
  check(input: CheckAccessInput, options?: WaitOptions): Result<AccessVerdict>;
  /**
   * Check up to a hundred permissions.
   *
   * Up to a hundred checks, decided from one state of the registry. What one of them names and does not exist, or
   * belongs to another tenant, refuses that one alone, with `not_found` or `principal_not_found` as its reason.
   *
   * Requires no permission: any valid credential will do.
   */
  checkBatch(input: CheckAccessBatchInput, options?: WaitOptions): Result<AccessVerdicts>;
}
