/** The people of a tenant. */
import { router } from '../../kernel/trpc.ts';

export const usersRouter = router({});
