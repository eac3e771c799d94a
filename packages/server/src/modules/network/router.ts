/** Networks on the wire, slice by slice. */
import { router } from '../../kernel/trpc.ts';
import { addressProcedures } from './addresses/router.ts';
import { rangeProcedures } from './ranges/router.ts';
import { subRangeProcedures } from './sub-ranges/router.ts';
import { usageProcedures } from './usage/router.ts';

export const networkRouter = router({
  ...rangeProcedures,
  ...usageProcedures,
  ...subRangeProcedures,
  ...addressProcedures,
});
