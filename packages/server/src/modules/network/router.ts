/** Networks on the wire, slice by slice. */
import { router } from '../../kernel/trpc.ts';
import { addressProcedures } from './addresses/router.ts';

export const networkRouter = router({ ...addressProcedures });
