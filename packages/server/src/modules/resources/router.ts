/** Resources on the wire: one expression per endpoint. */
import { router } from '../../kernel/trpc.ts';

export const resourcesRouter = router({});
