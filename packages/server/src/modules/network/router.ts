/** Networks on the wire, slice by slice. */
import { router } from '../../kernel/trpc.ts';

export const networkRouter = router({});
