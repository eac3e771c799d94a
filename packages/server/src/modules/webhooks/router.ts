/** Webhooks on the wire. */
import { router } from '../../kernel/trpc.ts';

export const webhooksRouter = router({});
