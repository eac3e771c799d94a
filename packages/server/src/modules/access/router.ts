/** Access on the wire: one expression per endpoint. */
import { routes } from '../../kernel/routes.ts';
import { procedure, router } from '../../kernel/trpc.ts';
import { caller, whoAmIInput } from './schema.ts';
import { whoAmI } from './service.ts';

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
});
