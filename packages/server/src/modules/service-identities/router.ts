/** The programs of a tenant that are known by themselves. */
import { router } from '../../kernel/trpc.ts';

export const serviceIdentitiesRouter = router({});
