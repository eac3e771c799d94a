/** No procedures: clients of Retraced have paths of their own, outside `/v1`. */
import { router } from '../../kernel/trpc.ts';

export const retracedRouter = router({});
