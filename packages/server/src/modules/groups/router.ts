/** Who belongs together in a tenant: people, programs and other groups. */
import { router } from '../../kernel/trpc.ts';

export const groupsRouter = router({});
