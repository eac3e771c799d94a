/** What users, service identities and groups may do in a project. */
import { router } from '../../kernel/trpc.ts';

export const roleBindingsRouter = router({});
