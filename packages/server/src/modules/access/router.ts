/** Access on the wire: one expression per endpoint. */
import { kernelErrors } from '../../kernel/errors.ts';
import { routes } from '../../kernel/routes.ts';
import { procedure, router } from '../../kernel/trpc.ts';
import { roleBindingErrors } from '../role-bindings/errors.ts';
import {
  accessVerdict,
  accessVerdicts,
  caller,
  checkAccessBatchInput,
  checkAccessInput,
  whoAmIInput,
} from './schema.ts';
import { checkAccess, checkAccessBatch, whoAmI } from './service.ts';

const on = routes({ tag: 'Access' });

export const accessRouter = router({
  me: procedure(null)
    .meta({
      rest: on.list('/v1/me', {
        operation: 'get_me',
        summary: 'Who am I',
        description:
          'Who the credential belongs to, its tenant, its roles and its permissions. An empty list of permissions means that the credential is good, and may do nothing: its roles are missing, or its tenant.',
        example: { response: { project_id: null, user_id: null, service_identity_id: null } },
      }),
    })
    .input(whoAmIInput)
    .output(caller)
    .query(({ ctx }) => whoAmI(ctx)),

  check: procedure(null)
    .meta({
      safe: true,
      rest: on.ask('/v1/access/check', {
        operation: 'check_access',
        summary: 'Check one permission',
        description:
          'Every caller may ask about itself; with `access:check` a caller may ask about others, and an admin of a project about others there. The answer is as of a moment after the question.',
        errors: [kernelErrors.forbidden, kernelErrors.notFound, roleBindingErrors.principalNotFound],
      }),
    })
    .input(checkAccessInput)
    .output(accessVerdict)
    .mutation(({ ctx, input }) => checkAccess(ctx, input)),

  checkBatch: procedure(null)
    .meta({
      safe: true,
      rest: on.ask('/v1/access/check-batch', {
        operation: 'check_access_batch',
        summary: 'Check up to a hundred permissions',
        description:
          'Up to a hundred checks, decided from one state of the registry. What one of them names and does not exist, or belongs to another tenant, refuses that one alone, with `not_found` or `principal_not_found` as its reason.',
        errors: [kernelErrors.forbidden],
      }),
    })
    .input(checkAccessBatchInput)
    .output(accessVerdicts)
    .mutation(({ ctx, input }) => checkAccessBatch(ctx, input)),
});
