/** Configurations on the wire, slice by slice. */
import { router } from '../../kernel/trpc.ts';
import { historyProcedures } from './history/router.ts';
import { readerProcedures } from './readers/router.ts';
import { readingProcedures } from './reading/router.ts';
import { transferProcedures } from './transfer/router.ts';
import { valueProcedures } from './values/router.ts';
import { watchProcedures } from './watch/router.ts';

export const configsRouter = router({
  ...valueProcedures,
  ...historyProcedures,
  ...readingProcedures,
  ...watchProcedures,
  ...transferProcedures,
  ...readerProcedures,
});
